package io.redisproxy.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class ClientLineTest {
  private final FakeClient client = new FakeClient(new ClientRegistry().of("6380"));

  @Test
  void aNewClientHasEmptyFieldsForWhatItHasNotSaid() {
    assertThat(line())
        .isEqualTo(
            "id=1 addr=127.0.0.1:50001 laddr=127.0.0.1:6380 fd=8 name= age=0 idle=2 flags=N db=3"
                + " sub=4 psub=5 ssub=6 multi=-1 qbuf=9 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0"
                + " rbp=0 obl=0 oll=0 omem=0 tot-mem=9 events=r cmd=NULL user=default redir=7"
                + " resp=2 lib-name= lib-ver=\n");
  }

  @Test
  void whatAClientSaidAndWhatWaitsForItIsShown() {
    client.identity.setName("worker".getBytes(US_ASCII));
    client.identity.setInfo("lib-name", "jedis".getBytes(US_ASCII));
    client.identity.setInfo("lib-ver", "8.0".getBytes(US_ASCII));
    client.lastCommand = "client|list";
    client.output = 100;
    client.queued = 2;

    assertThat(line())
        .contains(" name=worker ", " multi=2 ", " oll=1 omem=100 tot-mem=109 events=rw ")
        .contains(" cmd=client|list ")
        .endsWith(" lib-name=jedis lib-ver=8.0\n");
  }

  @Test
  void flagsAreLettersInTheOrderOfAServer() {
    client.flags.addAll(EnumSet.allOf(ClientFlag.class));
    assertThat(line()).contains(" flags=OPxbtRBdcreT ");
  }

  @Test
  void theRequestThatAsksCountsAsInput() {
    StringBuilder line = new StringBuilder();
    ClientLine.append(line, client, 26);
    assertThat(line).contains(" qbuf=35 ");
  }

  @Test
  void theProxysOwnFieldsFollowThoseOfAServer() {
    client.pending = 3;
    StringBuilder line = new StringBuilder();
    ClientLine.appendWithState(line, client, 0);
    assertThat(line).startsWith(line().strip()).endsWith(" lib-ver= state=sharing pending=3\n");
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    ClientLine.append(line, client, 0);
    return line.toString();
  }
}
