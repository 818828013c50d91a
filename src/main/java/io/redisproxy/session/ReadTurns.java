package io.redisproxy.session;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Who is read from on one event loop while memory is short: those who have nothing unfinished, and
 * of the others one at a time, so that some always come to an end.
 */
public final class ReadTurns {
  /** For that many looks, a client gets the chance to end its request. */
  private static final int PATIENCE = 10;

  /** The same for one that waits for a node; the more come to that, the more waits there. */
  private static final int PATIENCE_WITH_NODE = 3;

  private final DirectMemory memory;
  private final Eviction eviction;
  private final Set<InputGate> waiting = new LinkedHashSet<>();

  /** Whose turn it is; null if nobody has waited. */
  private InputGate turn;

  private boolean giving;
  private int looks;

  public ReadTurns(Eviction eviction) {
    this.eviction = eviction;
    memory = eviction.memory();
  }

  DirectMemory memory() {
    return memory;
  }

  /** Whether a client with something unfinished is read from; if not, it is told when it may be. */
  boolean admits(InputGate gate) {
    if (!memory.isShort() || turn == gate) {
      return true;
    }
    if (turn == null) {
      give(gate);
      return true;
    }
    waiting.add(gate);
    return false;
  }

  /** The client has come to an end, or is gone. */
  void leave(InputGate gate) {
    waiting.remove(gate);
    if (turn == gate) {
      next();
    }
  }

  /** Looks how it goes; on the event loop, a few times a second. */
  public void tick() {
    if (!memory.isShort()) {
      turn = null;
      InputGate[] all = waiting.toArray(InputGate[]::new);
      waiting.clear();
      for (InputGate each : all) {
        each.update();
      }
      return;
    }
    memory.releaseSpare();
    if (turn != null) {
      look(turn);
    }
  }

  private void look(InputGate late) {
    looks++;
    boolean midRequest = late.isMidRequest();
    if (looks > (midRequest ? PATIENCE : PATIENCE_WITH_NODE)) {
      if (midRequest) {
        eviction.onLateRequest();
      }
      next();
      late.update();
    }
  }

  private void next() {
    turn = null;
    if (giving) {
      return;
    }
    giving = true;
    // Whoever does not need it any more leaves at once.
    while (turn == null && !waiting.isEmpty()) {
      Iterator<InputGate> first = waiting.iterator();
      InputGate gate = first.next();
      first.remove();
      give(gate);
      gate.update();
    }
    giving = false;
  }

  private void give(InputGate gate) {
    turn = gate;
    looks = 0;
  }
}
