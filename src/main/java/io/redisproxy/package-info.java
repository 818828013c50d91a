/**
 * Start, wire, drain.
 *
 * <p>The way of a request: {@link io.redisproxy.listener.Listener} accepts a client, whose {@link
 * io.redisproxy.session.Session} finds requests with a {@link io.redisproxy.resp.RequestDecoder},
 * learns their class from the {@link io.redisproxy.command.Classifier}, asks the {@link
 * io.redisproxy.route.Router} for a node, and sends them in runs over a {@link
 * io.redisproxy.upstream.NodeConnection} that the clients of one event loop share. There a {@link
 * io.redisproxy.resp.ReplyScanner} counts the replies, which go back to the session, whose reply
 * queue puts them in order. The {@link io.redisproxy.topology.HealthMonitor} keeps the {@link
 * io.redisproxy.topology.Topology} that the router reads.
 */
package io.redisproxy;
