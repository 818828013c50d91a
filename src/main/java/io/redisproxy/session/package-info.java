/**
 * One client: its state, its queue of replies.
 *
 * <p>Read {@link io.redisproxy.session.ReplyQueue} first (what keeps replies in order), then {@link
 * io.redisproxy.session.Serving}, the state that nearly all sessions are always in.
 */
package io.redisproxy.session;
