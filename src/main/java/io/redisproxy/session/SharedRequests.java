package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
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

  /** Whether the last request is in the run that is gathered, and others like it may be. */
  private boolean joined;

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
    if (result == RunSender.Result.ADDED && !sender.run().isAtMaster()) {
      if (touch != null) {
        touch.onRead(command, session.decoder(), in);
      } else {
        joined = rechecks == null;
      }
      if (rechecked) {
        // Alone, so that nothing else has to be asked again.
        sender.run().recheckNil();
        sender.endBefore(in, end);
      }
    }
    return isAdded(result, in, from);
  }

  boolean addAtMaster(Command command, ByteBuf in, int from, int end) {
    if (isReadBefore(command, in, from, end)) {
      return withheld.awaitReplies(in, from);
    }
    RunSender.Result result = sender.addAtMaster(in, from);
    if (result == RunSender.Result.ADDED) {
      noteWrite(sender.run(), command, in, from, end);
      joined = true;
    }
    return isAdded(result, in, from);
  }

  /** Another request is looked at, which is to be called before that. */
  void onNext() {
    joined = false;
  }

  /**
   * Takes requests behind the last one, which was a read or a write, as long as they are like it
   * and go the same way. Those that a client sends in one go often are, and cost a fraction of the
   * time so. What a name stands for must not depend on what comes behind it.
   *
   * @return where the first one begins that has to be looked at
   */
  int addAlike(Command command, ByteBuf in, int from) {
    if (!joined || from == in.writerIndex()) {
      return from;
    }
    return sender.run().isAtMaster()
        ? addWritesAlike(command, in, from)
        : addReadsAlike(command, in, from);
  }

  private int addReadsAlike(Command command, ByteBuf in, int from) {
    KeySlots keys = session.keys();
    long needed = keys == null ? 0 : keys.neededWhatever(command);
    if (needed == KeySlots.DEPENDS_ON_KEYS) {
      return hasFirstKey(command) ? addReadsOfKeysAlike(keys, in, from) : from;
    }
    if (!sender.joinsReads(needed)) {
      return from;
    }
    sender.run().needs(needed);
    RequestDecoder decoder = session.decoder();
    int unseen = sender.unseen();
    int at = from;
    int added = 0;
    while (added < unseen && decoder.nextIsAlike(in, at)) {
      at = decoder.end();
      added++;
    }
    sender.addAlike(true, added);
    return at;
  }

  /** What is needed depends on the keys, as something was written that is not everywhere. */
  private int addReadsOfKeysAlike(KeySlots keys, ByteBuf in, int from) {
    RequestDecoder decoder = session.decoder();
    int unseen = sender.unseen();
    int at = from;
    int added = 0;
    while (added < unseen && decoder.nextIsAlike(in, at)) {
      long needed = keys.neededByFirstKey(session, in);
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
    KeySlots keys = KeyUse.isWrite(command) ? session.keys() : null;
    if (keys != null
        && (!hasFirstKey(command) || (keys.holdsReads() && session.replies().awaitsReads()))) {
      return from;
    }
    RequestDecoder decoder = session.decoder();
    int unseen = sender.unseen();
    int at = from;
    int added = 0;
    while (added < unseen && decoder.nextIsAlike(in, at)) {
      if (keys != null) {
        keys.addFirstKeySent(sender.run().written(), session, in);
      }
      at = decoder.end();
      added++;
    }
    sender.addAlike(false, added);
    return at;
  }

  /** Whether the last request names one key, right behind the name; those like it do, too. */
  private boolean hasFirstKey(Command command) {
    return KeyUse.of(command) == KeyUse.FIRST && session.decoder().hasPlainArgument();
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

  /** Whether reads before the request, at a replica that is slow, could see what it writes. */
  private boolean isReadBefore(Command command, ByteBuf in, int from, int end) {
    KeySlots keys = session.keys();
    if (keys == null || !keys.holdsReads() || !KeyUse.isWrite(command)) {
      return false;
    }
    ReplyQueue replies = session.replies();
    sender.endReads(in, from);
    return replies.awaitsReads() && keys.areReadBefore(replies, command, session, in, from, end);
  }

  /** What the request may change is in flight from now on. */
  void noteWrite(Run run, Command command, ByteBuf in, int from, int end) {
    KeySlots keys = session.keys();
    if (keys == null || !KeyUse.isWrite(command)) {
      return;
    }
    if (run.written() == null) {
      run.writes(keys.newSlots(true));
    }
    keys.addSent(run.written(), command, session, in, from, end);
  }
}
