/**
 * Where the nodes of a group come from when the configuration does not list them all. A {@link
 * io.redisproxy.discovery.NodeSource} tells them to its {@link io.redisproxy.discovery.Members}: a
 * group. {@link io.redisproxy.discovery.SentinelWatch} asks Sentinels, {@link
 * io.redisproxy.discovery.DnsWatch} looks names up, {@link io.redisproxy.discovery.KubernetesWatch}
 * watches pods.
 */
package io.redisproxy.discovery;
