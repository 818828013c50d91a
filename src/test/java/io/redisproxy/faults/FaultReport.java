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

/**
 * What clients noticed of each fault: a table in a file, {@code target/fault-report-replicas.md} or
 * the like, as test classes run in several processes; and in the log.
 */
final class FaultReport {
  private static final Logger LOG = Logger.getLogger(FaultReport.class);

  private static final String HEAD =
      """
      # What clients notice of faults

      So many clients at once read and write as fast as they are answered. Times are in milliseconds:
      for how long nobody read, and wrote, anything, and how long one client waited for a reply.

      | Fault | Clients | Reads | Failed | Behind failed writes | Wrong | Writes | Refused | Open \
      | No read | No write | Longest wait | Sent again | |
      |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
      """;

  private final Path file;
  private final List<String> rows = new ArrayList<>();

  /** {@code victims}: whose faults they are. */
  FaultReport(String victims) {
    file = Path.of("target", "fault-report-" + victims + ".md");
  }

  /**
   * Adds a fault that is over.
   *
   * @param load the clients, who have ended
   */
  void add(String fault, LoadClients load, TestProxy proxy, String remark, TestReporter reporter) {
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
    rows.add(row);
    LOG.info(row);
    reporter.publishEntry("fault", row);
    try {
      Files.writeString(file, HEAD + String.join("\n", rows) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
