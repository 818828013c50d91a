package io.redisproxy.topology;

import io.redisproxy.config.NodeAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** All that is remembered of a node from probe to probe. Guarded by its group. */
final class NodeRecord {
  /** The weight of the last probe in the average of the latency. */
  private static final double NEWEST = 0.2;

  /** One that was back for less when it is distrusted again stays away for longer. */
  private static final long SOON = Duration.ofSeconds(10).toNanos();

  private static final long SHORTEST_AWAY = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_AWAY = Duration.ofSeconds(10).toNanos();

  final NodeAddress address;

  /** See {@link NodeState#zone()}. */
  String zone = "";

  boolean isMember = true;
  long leftAt;

  /** What it said last; null if it has not answered the last probe, or any. */
  NodeReport report;

  /** Why it has not answered; null if it has. */
  String failure;

  /** Whether it was silent, and so may be in order but for that. */
  boolean silent;

  /** Whether it is there, but does not let the proxy ask what it is. */
  boolean mute;

  boolean probed;
  long probedAt;

  /** See {@link NodeState#askedAt()}. */
  long askedAt;

  /** The last epoch that it told. */
  int epoch;

  /** Probes in a row that it has not answered. */
  int failures;

  /** Probes in a row that found nothing against it. */
  int passes;

  /** Probes in a row that found it with another history than the master's. */
  int strays;

  /** When its link to the master was first found to be down, while it is. */
  long linkLostAt;

  boolean linkLost;

  /** Why it is not to be used until it has passed a probe that began later; null if it may be. */
  String distrust;

  private long distrustedAt;

  /** For how long it stays away since then; twice as long each time. */
  private long away;

  private boolean wasAway;
  private long backAt;

  /** Whether it was distrusted, and it is soon known if for nothing. */
  boolean doubted;

  boolean lagging;
  long lagBytes = -1;
  long latencyNanos;

  private NodeHealth.Status status = NodeHealth.Status.UNKNOWN;
  private Instant since = now();
  String detail = NodeHealth.UNKNOWN.detail();

  NodeRecord(NodeAddress address) {
    this.address = address;
  }

  NodeHealth.Status status() {
    return status;
  }

  void status(NodeHealth.Status found) {
    if (found != status) {
      status = found;
      since = now();
    }
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  /** {@code nanos}: how long it took; 0 if that should not count. */
  void onAnswered(NodeReport answer, long askedAt, long nanos, long now) {
    if (distrust != null && askedAt - distrustedAt >= 0) {
      distrust = null;
    }
    report = answer;
    mute = answer.isMute();
    failure = null;
    failures = 0;
    probed = true;
    probedAt = now;
    epoch = answer.epoch();
    if (nanos > 0) {
      latencyNanos =
          latencyNanos == 0 ? nanos : (long) (NEWEST * nanos + (1 - NEWEST) * latencyNanos);
    }
    boolean down = answer.role() == NodeReport.Role.REPLICA && !answer.linked();
    if (down && !linkLost) {
      linkLostAt = now;
    }
    linkLost = down;
  }

  void onFailed(String why, boolean wasSilent, long now) {
    report = null;
    doubted = false;
    failure = why;
    silent = wasSilent;
    mute = false;
    failures++;
    passes = 0;
    probed = true;
    probedAt = now;
  }

  /** The same, of one that refuses to let the proxy in. */
  void onRefused(String why, long now) {
    onFailed(why, false, now);
    mute = true;
  }

  void onDistrusted(String why, long now) {
    if (status == NodeHealth.Status.HEALTHY) {
      boolean soon = wasAway && now - backAt < SOON;
      away = soon ? Math.min(Math.max(SHORTEST_AWAY, 2 * away), LONGEST_AWAY) : 0;
      wasAway = true;
    }
    distrust = why;
    distrustedAt = now;
    doubted = true;
    passes = 0;
  }

  /** It is fit again. */
  void onBack(long now) {
    backAt = now;
  }

  /** For how long it is not to be used though it passes its probes; 0 or less if it may be. */
  long awayFor(long now) {
    return away == 0 ? 0 : distrustedAt + away - now;
  }

  /** Whether it says now that it is a replica. */
  boolean isReplica() {
    return report != null && report.role() == NodeReport.Role.REPLICA;
  }

  /** Whether it was in sync with a master, and is not. */
  boolean hasLostItsMaster() {
    return isMember && isReplica() && !report.linked() && report.linkSeconds() >= 0;
  }

  /** Whether it has said in answer to the last probe what it is. */
  boolean hasTold() {
    return report != null && !mute;
  }

  boolean isCandidate() {
    return isMember && report != null && report.claimsToBeMaster();
  }

  NodeState state() {
    return isMember
        ? new NodeState(
            address,
            zone,
            true,
            new NodeHealth(
                status, detail, epoch, isReplica() ? report.linkSeconds() : -1, latencyNanos),
            since,
            report != null,
            isReplica(),
            askedAt,
            report == null ? null : report.history(),
            report == null ? -1 : report.offset())
        : new NodeState(
            address, zone, false, NodeHealth.GONE, since, false, false, askedAt, null, -1);
  }
}
