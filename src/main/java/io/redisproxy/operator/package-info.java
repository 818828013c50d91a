/**
 * The Kubernetes side: makes proxies, and what they need, of the resources that users write. Read
 * {@code RedisProxyReconciler} first, then {@code Children}, {@code PodTemplate} and {@code
 * StatusWriter}.
 */
package io.redisproxy.operator;
