/** What is counted. */
package io.redisproxy.metrics;
