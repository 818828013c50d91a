package io.redisproxy;

import io.redisproxy.tls.TlsPeer;
import io.redisproxy.upstream.Login;

/**
 * As whom a node is connected to.
 *
 * @param login for sessions that bring none; null if nothing is said
 * @param probeLogin to ask for its health, or how far it is; null if nothing is said
 * @param peer by TLS; null if without
 */
record NodeAccess(Login login, Login probeLogin, TlsPeer peer) {}
