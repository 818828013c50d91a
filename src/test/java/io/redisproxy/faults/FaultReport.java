package io.redisproxy.faults;

import io.redisproxy.TestProxy;
import io.redisproxy.faults.NumberedList.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.TestReporter;

/** What clients noticed of each fault: a table in {@code target/fault-report.md} and the log. */
final class FaultReport {
  private static final Logger LOG = Logger.getLogger(FaultReport.class);
  private static final Path FILE = Path.of("target", "fault-report.md");

  private static final String HEAD =
      """
      # What clients notice of faults

      So many clients at once read and write as fast as they are answered. Times are in milliseconds:
      for how long nobody read, and wrote, anything, and how long one client waited for a reply.

      | Fault | Clients | Reads | Failed | Behind failed writes | Wrong | Writes | Refused | Open \
      | No read | No write | Longest wait | Sent again | |
      |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
      """;

  private static final List<String> ROWS = new ArrayList<>();

  private FaultReport() {}

  /**
   * Adds a fault that is over.
   *
   * @param load the clients, who have ended
   */
  static synchronized void add(
      String fault, LoadClients load, TestProxy proxy, String remark, TestReporter reporter) {
    LoadTally tally = load.tally();
    String row =
        "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %.0f | %s |"
            .formatted(
                fault,
                load.lists().size(),
                tally.reads.sum(),
                tally.failedReads.size(),
                tally.failedBehindWrites.size(),
                tally.wrong.size(),
                load.writes(Outcome.ACKNOWLEDGED),
                load.writes(Outcome.REFUSED),
                load.writes(Outcome.OPEN),
                load.millisWithoutReads(),
                load.millisWithoutWrites(),
                load.longestWaitMillis(),
                proxy.counted("redis_proxy.retries"),
                remark);
    ROWS.add(row);
    LOG.info(row);
    reporter.publishEntry("fault", row);
    try {
      Files.writeString(FILE, HEAD + String.join("\n", ROWS) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
