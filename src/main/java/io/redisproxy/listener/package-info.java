/** Ports that clients connect to. */
package io.redisproxy.listener;
