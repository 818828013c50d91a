package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.resp.TextReply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one Sentinel says of a service.
 *
 * @param sentinel where it is
 * @param id the Sentinel's own; its address if it is too old to tell
 * @param epoch of the configuration: the last failover has the highest
 * @param others the other Sentinels, by their ids
 */
record SentinelView(
    NodeAddress sentinel,
    String id,
    NodeAddress master,
    long epoch,
    List<NodeAddress> replicas,
    Map<String, NodeAddress> others) {

  /** The questions about a service. */
  static List<String> questions(String service) {
    // In the middle of a failover, the Sentinel that leads it shows the former master as the
    // MASTER, but tells the address of the new one.
    return List.of(
        "SENTINEL GET-MASTER-ADDR-BY-NAME " + service,
        "SENTINEL MASTER " + service,
        "SENTINEL REPLICAS " + service,
        "SENTINEL SENTINELS " + service,
        "SENTINEL MYID");
  }

  /**
   * Reads the answers to the questions.
   *
   * @throws IllegalArgumentException with what the Sentinel says instead
   */
  static SentinelView read(NodeAddress sentinel, List<String> answers) {
    NodeAddress master = master(TextReply.texts(orUnknown(TextReply.parse(answers.get(0)))));
    Map<String, String> fields = fields(TextReply.parse(answers.get(1)));
    List<NodeAddress> replicas = new ArrayList<>();
    for (Map<String, String> replica : all(answers.get(2))) {
      add(replicas, address(replica), master);
    }
    // The former master, while a failover is not over.
    add(replicas, address(fields), master);
    Map<String, NodeAddress> others = new HashMap<>();
    for (Map<String, String> other : all(answers.get(3))) {
      others.put(other.getOrDefault("runid", address(other).toString()), address(other));
    }
    String id = answers.get(4);
    return new SentinelView(
        sentinel,
        id.startsWith("-") ? sentinel.toString() : id(TextReply.parse(id)),
        master,
        Long.parseLong(fields.getOrDefault("config-epoch", "0")),
        List.copyOf(replicas),
        Map.copyOf(others));
  }

  /** The same when the Sentinel has begun to make that server the master. */
  SentinelView promoting(NodeAddress promoted, long newEpoch) {
    List<NodeAddress> rest = new ArrayList<>(replicas);
    rest.remove(promoted);
    add(rest, master, promoted);
    return new SentinelView(sentinel, id, promoted, newEpoch, List.copyOf(rest), others);
  }

  private static Object orUnknown(Object address) {
    if (address == null) {
      throw new IllegalArgumentException("it knows no service of that name");
    }
    return address;
  }

  private static NodeAddress master(List<String> address) {
    if (address.size() < 2) {
      throw new IllegalArgumentException("it answered without an address");
    }
    return address(Map.of("ip", address.get(0), "port", address.get(1)));
  }

  private static String id(Object said) {
    if (said instanceof String id) {
      return id;
    }
    throw new IllegalArgumentException("it answered something else than its own id");
  }

  private static void add(List<NodeAddress> replicas, NodeAddress replica, NodeAddress master) {
    if (!replica.equals(master) && !replicas.contains(replica)) {
      replicas.add(replica);
    }
  }

  private static List<Map<String, String>> all(String answer) {
    List<Map<String, String>> all = new ArrayList<>();
    for (Object each : TextReply.list(TextReply.parse(answer))) {
      all.add(fields(each));
    }
    return all;
  }

  private static Map<String, String> fields(Object reply) {
    List<String> texts = TextReply.texts(reply);
    Map<String, String> fields = new HashMap<>();
    for (int i = 0; i + 1 < texts.size(); i += 2) {
      fields.put(texts.get(i), texts.get(i + 1));
    }
    return fields;
  }

  private static NodeAddress address(Map<String, String> fields) {
    String host = fields.get("ip");
    String port = fields.getOrDefault("port", "");
    if (host == null || !port.matches("\\d{1,5}")) {
      throw new IllegalArgumentException("it answered without an address");
    }
    return new NodeAddress(host, Integer.parseInt(port));
  }
}
