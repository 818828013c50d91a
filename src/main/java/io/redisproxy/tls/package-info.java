/** TLS on connections, with clients and with nodes; what is without TLS does not come here. */
package io.redisproxy.tls;
