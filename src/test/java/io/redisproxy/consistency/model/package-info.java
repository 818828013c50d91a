/** Shows, by trying all interleavings, that no read is stale by the rules of the consistency. */
package io.redisproxy.consistency.model;
