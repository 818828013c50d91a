package io.redisproxy.topology;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReplicationInfoTest {
  private static final String REPLICA =
      """
      # Replication\r
      role:slave\r
      master_host:::1\r
      master_link_status:up\r
      master_sync_in_progress:0\r
      """;

  @Test
  void aLineIsANameAndAValueWhichMayHoldColons() {
    assertThat(
            ReplicationInfo.parse("# Replication\r\n\r\na:\r\nb:::1\r\n:c\r\nrole:master").fields())
        .containsOnly(
            java.util.Map.entry("a", ""),
            java.util.Map.entry("b", "::1"),
            java.util.Map.entry("role", "master"));
  }

  @Test
  void aReplicaInSyncIsHealthyAsAReplicaOnly() {
    assertThat(health(REPLICA, false)).isEqualTo(NodeHealth.healthy(0));
    assertUnhealthy(REPLICA, true, "its role is slave, not master");
  }

  @Test
  void aMasterIsHealthyAsAMasterOnly() {
    assertThat(health("role:master\r\n", true)).isEqualTo(NodeHealth.healthy(0));
    assertUnhealthy("role:master\r\n", false, "its role is master, not replica");
  }

  @Test
  void aReplicaWhoseDataMayBeOldOrNoneIsUnhealthy() {
    assertUnhealthy(
        REPLICA.replace("status:up", "status:down"), false, "its link to the master is down");
    assertUnhealthy(
        REPLICA.replace("master_link_status:up\r\n", ""), false, "its link to the master is down");
    assertUnhealthy(
        REPLICA.replace("in_progress:0", "in_progress:1"), false, "it is syncing with its master");
    assertUnhealthy(
        REPLICA.replace("in_progress:0", "in_progress:1").replace("status:up", "status:down"),
        false,
        "it is syncing with its master");
  }

  @Test
  void aNodeThatDoesNotSayWhatItIsIsUnhealthy() {
    assertUnhealthy("", true, "its role is unknown, not master");
    assertUnhealthy("redis_version:7.0.15\r\n", false, "its role is unknown, not replica");
    assertUnhealthy("role:sentinel\r\n", false, "its role is sentinel, not replica");
  }

  private static NodeHealth health(String info, boolean asMaster) {
    return ReplicationInfo.parse(info).health(asMaster);
  }

  private static void assertUnhealthy(String info, boolean asMaster, String detail) {
    assertThat(health(info, asMaster)).isEqualTo(NodeHealth.unhealthy(detail));
  }
}
