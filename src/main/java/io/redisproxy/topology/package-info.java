/** Which node is what, and which are fit to be read from. */
package io.redisproxy.topology;
