package io.redisproxy.consistency.model;

/**
 * How much happens.
 *
 * @param writers each writes once, through an event loop of its own
 * @param rounds how many rounds are numbered
 * @param reads one after the other
 * @param waits whether writes are of those that may wait at the master: they are not counted as in
 *     flight, and reads may go back in time
 * @param loses whether writers may lose their connections
 * @param restarts whether the master may begin anew, with another history
 */
record Bounds(
    int writers,
    int replicas,
    int rounds,
    int reads,
    boolean waits,
    boolean loses,
    boolean restarts) {}
