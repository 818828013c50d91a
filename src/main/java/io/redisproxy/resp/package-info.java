/**
 * Bytes of the Redis protocol (RESP2, RESP3): requests decoded, replies scanned, replies written.
 */
package io.redisproxy.resp;
