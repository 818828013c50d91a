package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReadTurnsTest {
  private final ReadTurns turns = turns(0);

  @Test
  void whoHasNothingUnfinishedIsReadFrom() {
    List<Client> clients = clients(3);
    clients.forEach(each -> each.has(false));

    assertThat(clients).allMatch(Client::isRead);
  }

  @Test
  void ofTheOthersOneAtATimeIs() {
    List<Client> clients = clients(4);
    clients.forEach(each -> each.has(true));
    assertThat(read(clients)).isEqualTo("0");

    // It goes on, and comes to an end.
    clients.get(0).has(true);
    assertThat(read(clients)).isEqualTo("0");
    clients.get(0).has(false);
    assertThat(read(clients)).isEqualTo("01");

    // One is done before its turn, and one leaves.
    clients.get(2).has(false);
    clients.get(1).gate.release();
    assertThat(read(clients)).contains("0", "2", "3");
  }

  @Test
  void whoDoesNotComeToAnEndInTimeIsTheLast() {
    List<Client> clients = clients(3);
    clients.forEach(each -> each.has(true));
    looks(11);
    assertThat(read(clients)).isEqualTo("1");
    looks(11);
    assertThat(read(clients)).isEqualTo("2");
    looks(11);
    assertThat(read(clients)).isEqualTo("0");
  }

  @Test
  void whoIsAloneKeepsItsTurn() {
    Client alone = clients(1).get(0);
    alone.has(true);
    looks(30);

    assertThat(alone.isRead()).isTrue();
  }

  @Test
  void whatIsReadOutOfTurnAgainAndAgainIsTooMuch() {
    List<Client> clients = clients(2);
    clients.forEach(each -> each.has(true));

    assertThat(Stream.generate(clients.get(0).gate::isOverrun).limit(10)).doesNotContain(true);
    assertThat(clients.get(1).gate.isOverrun()).isFalse();
    assertThat(Stream.generate(clients.get(1).gate::isOverrun).limit(10)).contains(true);
  }

  @Test
  void allAreReadFromWhenThereIsMemoryAgain() {
    AtomicLong used = new AtomicLong(100);
    ReadTurns passing =
        new ReadTurns(new Eviction(new DirectMemory(used::get, 100), new ClientRegistry()));
    List<Client> clients = Stream.generate(() -> new Client(passing)).limit(10_000).toList();
    clients.forEach(each -> each.has(true));
    used.set(0);
    clients.get(0).has(false);
    passing.tick();

    assertThat(clients).allMatch(Client::isRead);
  }

  /** Those of a process that may take so many bytes. */
  static ReadTurns turns(long limit) {
    return new ReadTurns(new Eviction(new DirectMemory(limit), new ClientRegistry()));
  }

  private List<Client> clients(int count) {
    return Stream.generate(() -> new Client(turns)).limit(count).toList();
  }

  private void looks(int count) {
    for (int i = 0; i < count; i++) {
      turns.tick();
    }
  }

  private static String read(List<Client> clients) {
    StringBuilder read = new StringBuilder();
    for (int i = 0; i < clients.size(); i++) {
      if (clients.get(i).isRead()) {
        read.append(i);
      }
    }
    return read.toString();
  }

  private static final class Client implements InputGate.Taker {
    final EmbeddedChannel channel = new EmbeddedChannel();
    final InputGate gate;
    boolean unfinished;

    Client(ReadTurns turns) {
      gate = new InputGate(this, channel, 1000, turns);
    }

    /** It has been read from, and has something unfinished now, or not. */
    void has(boolean something) {
      unfinished = something;
      gate.onTaken();
    }

    boolean isRead() {
      return channel.config().isAutoRead();
    }

    @Override
    public boolean isIdle() {
      return !unfinished;
    }

    @Override
    public boolean isUnfinished() {
      return unfinished;
    }

    @Override
    public boolean isMidRequest() {
      return isUnfinished();
    }

    @Override
    public void take(ByteBuf in) {
      in.release();
    }

    @Override
    public void onNotRead() {}

    @Override
    public void onCaughtUp() {}
  }
}
