package io.redisproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogStormsTest {
  private long now = 1;
  private final LogStorms storms = new LogStorms();
  private final List<String> logged = new ArrayList<>();

  @BeforeEach
  void setClock() {
    storms.clock = () -> now;
  }

  @Test
  void aStormBecomesOneLineASecondThatTellsHowManyWereLeftOut() {
    for (int i = 0; i < 1000; i++) {
      log("node %s: lost", "a:" + i);
    }
    assertThat(logged).hasSize(LogStorms.BURST).last().isEqualTo("node a:19: lost");
    now += TimeUnit.SECONDS.toNanos(1);
    log("node %s: lost", "b");
    log("node %s: lost", "c");
    assertThat(logged)
        .hasSize(LogStorms.BURST + 1)
        .last()
        .isEqualTo("node b: lost (and 980 more like this before)");
  }

  @Test
  void otherMessagesAreNotLeftOut() {
    for (int i = 0; i < 1000; i++) {
      log("node %s: lost", "a");
    }
    log("listening on %s", "6380");
    assertThat(logged).last().isEqualTo("listening on 6380");
  }

  @Test
  void afterAPauseASmallNumberPassesAgain() {
    for (int i = 0; i < 1000; i++) {
      log("node %s: lost", "a");
    }
    now += TimeUnit.MINUTES.toNanos(1);
    logged.clear();
    for (int i = 0; i < LogStorms.BURST; i++) {
      log("node %s: lost", "a");
    }
    assertThat(logged).hasSize(LogStorms.BURST);
  }

  @Test
  void anApiServerThatIsNotThereIsALineWithoutATrace() {
    ExtLogRecord message =
        new ExtLogRecord(
            Level.WARN,
            "no list of %s, will retry",
            ExtLogRecord.FormatStyle.PRINTF,
            LogStormsTest.class.getName());
    message.setParameters(new Object[] {"pods"});
    message.setLoggerName("io.fabric8.kubernetes.client.Reflector");
    message.setThrown(new CompletionException(new ConnectException("refused, 100% sure")));
    assertThat(storms.isLoggable(message)).isTrue();
    assertThat(message.getThrown()).isNull();
    assertThat(message.getFormattedMessage())
        .isEqualTo("no list of pods, will retry: java.net.ConnectException: refused, 100% sure");
  }

  @Test
  void aMistakeKeepsItsTrace() {
    ExtLogRecord message = new ExtLogRecord(Level.WARN, "no list", LogStormsTest.class.getName());
    message.setLoggerName("io.fabric8.kubernetes.client.Reflector");
    message.setThrown(new IllegalStateException());
    assertThat(storms.isLoggable(message)).isTrue();
    assertThat(message.getThrown()).isNotNull();
  }

  private void log(String format, String argument) {
    ExtLogRecord message =
        new ExtLogRecord(
            Level.WARN, format, ExtLogRecord.FormatStyle.PRINTF, LogStormsTest.class.getName());
    message.setLoggerName("io.redisproxy.Test");
    message.setParameters(new Object[] {argument});
    if (storms.isLoggable(message)) {
      logged.add(message.getFormattedMessage());
    }
  }
}
