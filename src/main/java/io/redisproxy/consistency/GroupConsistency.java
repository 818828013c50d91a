package io.redisproxy.consistency;

/**
 * What a group's reads are to be held to: the table of what was written through the proxy, and how
 * far the replicas are known to have come. Event loops share it.
 */
public final class GroupConsistency {
  private final WriteTable table;
  private volatile Rounds rounds;

  /** {@code table}: that of all groups with the same master. */
  public GroupConsistency(WriteTable table) {
    this.table = table;
  }

  public WriteTable table() {
    return table;
  }

  /** From now on these tell what the replicas have reached; before, they have reached nothing. */
  public void measureBy(Rounds measuring) {
    rounds = measuring;
  }

  /**
   * What all replicas that are in order have reached: a read that needs no more may go to any of
   * them. -1 if there are none.
   */
  public long reachedByAll() {
    Rounds measured = rounds;
    return measured == null ? 0 : measured.reachedByAll();
  }

  /**
   * Whether a replica has all that a read has to see.
   *
   * @param needed from {@link WriteTable#needed}, asked before this
   */
  public boolean hasReached(int node, long needed) {
    Rounds measured = rounds;
    if (needed == WriteTable.IN_FLIGHT || measured == null) {
      return needed == 0;
    }
    boolean reached = measured.reached(node) >= needed;
    if (!reached) {
      measured.onMissed();
    }
    return reached;
  }

  /**
   * Whether a replica is known to have the master's data but for the last writes. One that isn't
   * may lack any.
   */
  public boolean isInOrder(int node) {
    Rounds measured = rounds;
    return measured == null || measured.reached(node) >= 0;
  }
}
