/** Which node gets a request. */
package io.redisproxy.route;
