package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.KeyUse;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;

/**
 * Requests over the connections that all sessions share: reads go to a node that has what was
 * written to their keys, all else to the master, and none overtakes one that it must not.
 */
final class SharedRequests {
  private final Session session;
  private final RunSender sender;
  private final WithheldRequests withheld;

  SharedRequests(Session session, RunSender sender, WithheldRequests withheld) {
    this.session = session;
    this.sender = sender;
    this.withheld = withheld;
  }

  /** A read joins any run: one of reads, and one to the master, where it stays in order. */
  boolean addRead(Command command, ByteBuf in, int from, int end) {
    long needed = needed(command, in, from, end);
    NilRechecks rechecks = session.nilRechecks();
    boolean rechecked = rechecks != null && rechecks.has(command, session, in, from, end);
    if (rechecked) {
      sender.endReads(in, from);
    }
    RunSender.Result result = sender.addRead(needed, in, from);
    if (result == RunSender.Result.UNREACHABLE && withheld.mayHold()) {
      return withheld.hold(() -> sender.targetForRead(needed), in, from);
    }
    MasterTouch touch = session.lane().touch();
    if (touch != null && result == RunSender.Result.ADDED && !sender.run().isAtMaster()) {
      touch.onRead(command, session.decoder(), in);
    }
    if (rechecked && result == RunSender.Result.ADDED && !sender.run().isAtMaster()) {
      // Alone, so that nothing else has to be asked again.
      sender.run().recheckNil();
      sender.endBefore(in, end);
    }
    return isAdded(result, in, from);
  }

  boolean addAtMaster(Command command, ByteBuf in, int from, int end) {
    if (withheld.awaitsRegistrations(command)) {
      return withheld.awaitRegistrations(command, in, from);
    }
    sender.endReads(in, from);
    SlotList written = written(command, in, from, end);
    if (isReadBefore(written)) {
      return withheld.awaitReplies(in, from);
    }
    RunSender.Result result = sender.addAtMaster(in, from);
    if (result == RunSender.Result.ADDED) {
      noteWritten(written);
    }
    return isAdded(result, in, from);
  }

  /**
   * Takes requests behind the last one, which is of this class by its name alone, as long as they
   * are like it and join its run. Those that a client sends in one go often are, and cost a
   * fraction of the time so.
   *
   * @return where the first one begins that has to be looked at
   */
  int addAlike(Command command, CommandClass commandClass, ByteBuf in, int from) {
    if (from == in.writerIndex() || !sender.isGathering()) {
      return from;
    }
    return switch (commandClass) {
      case READ, ANY_NODE -> addReadsAlike(command, in, from);
      case MASTER -> addWritesAlike(command, in, from);
      default -> from;
    };
  }

  private int addReadsAlike(Command command, ByteBuf in, int from) {
    boolean eachIsSeen = session.nilRechecks() != null || session.lane().touch() != null;
    if (eachIsSeen || sender.run().isAtMaster()) {
      return from;
    }
    RequestDecoder decoder = session.decoder();
    KeySlots keys = session.keys();
    long whatever = keys == null ? 0 : keys.neededWhatever(command);
    int unseen = sender.unseen();
    int at = from;
    int added = 0;
    while (added < unseen && decoder.nextIsAlike(in, at)) {
      long needed =
          whatever == KeySlots.DEPENDS_ON_KEYS
              ? keys.neededBy(command, session, in, at, decoder.end())
              : whatever;
      if (!sender.joinsReads(needed)) {
        break;
      }
      sender.run().needs(needed);
      at = decoder.end();
      added++;
    }
    sender.addAlike(true, added);
    return at;
  }

  private int addWritesAlike(Command command, ByteBuf in, int from) {
    RequestDecoder decoder = session.decoder();
    int unseen = sender.unseen();
    int at = from;
    int added = 0;
    while (added < unseen && decoder.nextIsAlike(in, at)) {
      SlotList written = written(command, in, at, decoder.end());
      if (isReadBefore(written)) {
        break;
      }
      noteWritten(written);
      at = decoder.end();
      added++;
    }
    sender.addAlike(false, added);
    return at;
  }

  /** The last request may change whom the servers let in. */
  void noteLogins(Command command, ByteBuf in, int from, int end) {
    if (sender.isGathering()
        && sender.run().isAtMaster()
        && LoginChanges.areIn(command, Requests.arguments(session, in, from, end).words())) {
      sender.run().changesLogins();
      sender.endBefore(in, end);
    }
  }

  /** For the master, but it changes no data. */
  boolean addHarmless(ByteBuf in, int from) {
    return isAdded(sender.addAtMaster(in, from), in, from);
  }

  private boolean isAdded(RunSender.Result result, ByteBuf in, int from) {
    return switch (result) {
      case ADDED -> true;
      case UNREACHABLE ->
          withheld.mayHold() ? withheld.holdForMaster(in, from) : withheld.refuse(sender.failure());
      case OUT_OF_ORDER -> withheld.awaitReplies(in, from);
      case OVER_BUDGET -> refuseFallback(in, from, session.decoder().end());
    };
  }

  private boolean refuseFallback(ByteBuf in, int from, int end) {
    session.recovery().meters().onFallback(false, 1);
    session.meters().onErrors(ErrorKind.FALLBACK, 1);
    return withheld.reply(Resp.error(MasterShare.EXCEEDED), in, from, end);
  }

  /** How far a replica must be for this read. */
  long needed(Command command, ByteBuf in, int from, int end) {
    KeySlots keys = session.keys();
    if (keys == null) {
      return 0;
    }
    // What is not sent yet is not in the table.
    return sender.isGatheringWrites()
        ? WriteTable.IN_FLIGHT
        : keys.neededBy(command, session, in, from, end);
  }

  /** What the request may change; null if nothing, or nobody has to know. */
  private SlotList written(Command command, ByteBuf in, int from, int end) {
    KeySlots keys = session.keys();
    return keys == null || !KeyUse.isWrite(command)
        ? null
        : keys.writtenOrAnyKey(command, session, in, from, end);
  }

  /** Whether reads that were sent before, to a replica that is slow, could see what is written. */
  private boolean isReadBefore(SlotList written) {
    return written != null
        && session.keys().holdsReads()
        && session.replies().awaitsReads()
        && session.replies().awaitsReadsOf(written, session.keys());
  }

  /** The request that was added last may change this, if anything, from now on. */
  private void noteWritten(SlotList written) {
    if (written != null) {
      Run run = sender.run();
      if (run.written() == null) {
        run.writes(session.keys().newSlots(true));
      }
      run.written().slots().addAll(written);
    }
  }

  /** The same for a request that goes over the session's own connection. */
  void noteWrite(Command command, ByteBuf in, int from, int end) {
    noteWritten(written(command, in, from, end));
  }
}
