/** Spans of requests, for a collector of OpenTelemetry's, if the user names one. */
package io.redisproxy.trace;
