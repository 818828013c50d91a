package io.redisproxy.metrics;

/**
 * Sums over a listener's clients at one moment.
 *
 * @param blocked those that wait in a command such as BLPOP
 * @param pinned those that have a connection to a node to themselves
 * @param outputBytes replies that the clients have not taken
 * @param largestOutput the most that one of them has not taken
 */
public record ClientTotals(int blocked, int pinned, long outputBytes, long largestOutput) {}
