package io.redisproxy.topology;

import java.util.HashMap;
import java.util.Map;

/** The fields of an INFO reply that tell whether a node may be used beyond its answering at all. */
record ReplicationInfo(Map<String, String> fields) {

  /** Reads the {@code name:value} lines of INFO. */
  static ReplicationInfo parse(String info) {
    Map<String, String> fields = new HashMap<>();
    info.lines()
        .forEach(
            line -> {
              int colon = line.indexOf(':');
              if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
              }
            });
    return new ReplicationInfo(fields);
  }

  /** The id of the history that the node's data are of; null if it does not say. */
  String history() {
    return fields.get("master_replid");
  }

  /** A master must say that it is one; a replica that its link is up and its data whole. */
  NodeHealth health(boolean asMaster) {
    String role = fields.getOrDefault("role", "unknown");
    if (asMaster) {
      return role.equals("master")
          ? NodeHealth.healthy(epoch())
          : NodeHealth.unhealthy("its role is " + role + ", not master");
    }
    if (!role.equals("slave")) {
      return NodeHealth.unhealthy("its role is " + role + ", not replica");
    }
    if ("1".equals(fields.get("master_sync_in_progress"))) {
      return NodeHealth.unhealthy("it is syncing with its master");
    }
    if (!"up".equals(fields.get("master_link_status"))) {
      return NodeHealth.unhealthy("its link to the master is down");
    }
    return NodeHealth.healthy(epoch());
  }

  /** See {@link NodeHealth#epoch()}; a server makes its run id when it starts. */
  private int epoch() {
    String runId = fields.get("run_id");
    return runId == null ? 0 : 1 + Math.floorMod(runId.hashCode(), NodeHealth.MAX_EPOCH);
  }
}
