package io.redisproxy.topology;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a node says of itself in answer to a probe.
 *
 * @param error the first error among its answers, without the minus; null if there is none
 * @param runId which a server makes when it starts; null if it doesn't tell
 * @param history the replication id of its data; null if it doesn't tell
 * @param formerHistory the one that its own began with, if it was a replica or restored; or null
 * @param offset how much of its history a master has written or a replica has applied; -1 if it
 *     doesn't tell
 * @param linked whether a replica is in sync with its master, as far as it knows
 * @param linkSeconds for how long a replica has heard nothing from its master; -1 if it never has
 */
record NodeReport(
    String error,
    Role role,
    String runId,
    String history,
    String formerHistory,
    long offset,
    boolean linked,
    long linkSeconds,
    boolean syncing,
    boolean loading) {

  /** What is asked; a server that loads its data answers INFO, but not PING. */
  static final List<String> QUESTIONS =
      List.of("PING", "INFO replication", "INFO server", "INFO persistence");

  /** What a master that refuses writes says to a PING, too; it still is the master. */
  private static final String CANNOT_SAVE = "-MISCONF ";

  enum Role {
    MASTER,
    REPLICA,
    OTHER
  }

  /** Reads the answers to the {@link #QUESTIONS}. */
  static NodeReport of(List<String> answers) {
    String error =
        answers.stream()
            .filter(answer -> answer.startsWith("-") && !answer.startsWith(CANNOT_SAVE))
            .findFirst()
            .map(answer -> answer.substring(1).strip())
            .orElse(null);
    return of(error, fields(String.join("\n", answers)));
  }

  private static NodeReport of(String error, Map<String, String> fields) {
    Role role =
        switch (fields.getOrDefault("role", "")) {
          case "master" -> Role.MASTER;
          case "slave" -> Role.REPLICA;
          default -> Role.OTHER;
        };
    boolean linked = "up".equals(fields.get("master_link_status"));
    return new NodeReport(
        error,
        role,
        fields.get("run_id"),
        fields.get("master_replid"),
        id(fields.get("master_replid2")),
        number(fields.get(role == Role.REPLICA ? "slave_repl_offset" : "master_repl_offset"), -1),
        linked,
        linked
            ? number(fields.get("master_last_io_seconds_ago"), 0)
            : number(fields.get("master_link_down_since_seconds"), -1),
        "1".equals(fields.get("master_sync_in_progress")),
        "1".equals(fields.get("loading")));
  }

  /** The {@code name:value} lines of INFO. */
  private static Map<String, String> fields(String info) {
    Map<String, String> fields = new HashMap<>();
    info.lines()
        .forEach(
            line -> {
              int colon = line.indexOf(':');
              if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
              }
            });
    return fields;
  }

  private static String id(String said) {
    return said == null || said.matches("0*") ? null : said;
  }

  private static long number(String said, long otherwise) {
    return said != null && said.matches("\\d{1,18}") ? Long.parseLong(said) : otherwise;
  }

  /** Whether it tells nothing but that a script keeps it from answering. */
  boolean isBusy() {
    return role == Role.OTHER && error != null && error.startsWith("BUSY ");
  }

  /** Whether it tells nothing of itself, as it does not let the proxy ask. */
  boolean isMute() {
    return role == Role.OTHER
        && error != null
        && (error.startsWith("NOAUTH ") || error.startsWith("NOPERM "));
  }

  /** Whether it is a replica that gets this history from a master, at this moment. */
  boolean follows(String ofMaster) {
    return role == Role.REPLICA && linked && history != null && history.equals(ofMaster);
  }

  /** Whether it can be taken for a master at all. */
  boolean claimsToBeMaster() {
    return role == Role.MASTER && objection() == null;
  }

  /** Why it is of no use, as a master or a replica; null if it doesn't say. */
  String objection() {
    if (error != null) {
      return "it answered -" + error;
    }
    if (loading) {
      return "it is loading its data";
    }
    return role == Role.OTHER ? "its role is unknown" : null;
  }

  /** See {@link NodeHealth#epoch()}. */
  int epoch() {
    return runId == null ? 0 : 1 + Math.floorMod(runId.hashCode(), NodeHealth.MAX_EPOCH);
  }
}
