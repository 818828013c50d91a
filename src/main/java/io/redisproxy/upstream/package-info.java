/**
 * Connections to nodes: shared by many clients, or pinned to one. All of it belongs to one event
 * loop.
 */
package io.redisproxy.upstream;
