/**
 * One client: its state, its queue of replies.
 *
 * <p>Read {@link io.redisproxy.session.ReplyQueue} first (what keeps replies in order), then {@link
 * io.redisproxy.session.Serving}, the state that nearly all sessions are always in: it finds
 * requests and hands most of them to {@link io.redisproxy.session.SharedRequests}, or to {@link
 * io.redisproxy.session.PinnedRequests} while the session has a connection of its own.
 */
package io.redisproxy.session;
