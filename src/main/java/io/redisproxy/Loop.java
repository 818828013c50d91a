package io.redisproxy;

import io.netty.channel.EventLoop;
import io.redisproxy.consistency.LoopWrites;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.session.ReadTurns;
import io.redisproxy.upstream.FlushQueue;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodePools;
import java.util.Map;

/**
 * What all listeners on one event loop have in common.
 *
 * @param index the first event loop, 0, also finds and probes the nodes
 * @param turns of its clients, while memory is short
 * @param writes this event loop's parts of the tables; ask {@link #partOf}
 */
record Loop(
    int index,
    ProcessWide process,
    EventLoop eventLoop,
    NodeConnector connector,
    FlushQueue flushQueue,
    NodePools pools,
    ReadTurns turns,
    Map<WriteTable, LoopWrites> writes) {

  /** This event loop's part of a table; on this event loop. */
  LoopWrites partOf(WriteTable table) {
    return writes.computeIfAbsent(table, WriteTable::newPart);
  }
}
