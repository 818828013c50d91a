/**
 * No stale answer: which keys were written, and how far each replica has come. {@link
 * io.redisproxy.consistency.WriteTable} is what requests ask and tell, {@link
 * io.redisproxy.consistency.Rounds} what measures.
 */
package io.redisproxy.consistency;
