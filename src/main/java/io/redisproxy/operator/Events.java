package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/** What has happened to a RedisProxy, for {@code kubectl describe}. */
final class Events {
  private static final Logger LOG = Logger.getLogger(Events.class);
  private static final String REPORTER = RedisProxy.GROUP + "/" + Names.OPERATOR;

  /** What Kubernetes takes. */
  private static final int LONGEST = 1024;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private final KubernetesClient client;
  private final String instance;
  private final AtomicLong last = new AtomicLong();

  /** {@code instance}: which of several operators this is. */
  Events(KubernetesClient client, String instance) {
    this.client = client;
    this.instance = instance;
  }

  void normal(RedisProxy about, String action, String reason, String note) {
    send(about, "Normal", action, reason, note);
  }

  void warning(RedisProxy about, String action, String reason, String note) {
    send(about, "Warning", action, reason, note);
  }

  /** They are for people; without the right to tell them the work goes on. */
  private void send(RedisProxy about, String type, String action, String reason, String note) {
    Instant now = Instant.now();
    long number = last.updateAndGet(before -> Math.max(before + 1, now.toEpochMilli() << 10));
    Event event =
        new EventBuilder()
            .withNewMetadata()
            .withName(about.getMetadata().getName() + "." + Long.toHexString(number))
            .withNamespace(about.getMetadata().getNamespace())
            .endMetadata()
            .withType(type)
            .withAction(action)
            .withReason(reason)
            .withNote(note.length() <= LONGEST ? note : note.substring(0, LONGEST - 3) + "...")
            .withEventTime(new MicroTime(TIME.format(now)))
            .withReportingController(REPORTER)
            .withReportingInstance(instance)
            .withRegarding(
                new ObjectReferenceBuilder()
                    .withApiVersion(about.getApiVersion())
                    .withKind(about.getKind())
                    .withName(about.getMetadata().getName())
                    .withNamespace(about.getMetadata().getNamespace())
                    .withUid(about.getMetadata().getUid())
                    .build())
            .build();
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      LOG.warnf(
          "RedisProxy %s/%s: %s: %s; the event can't be told: %s",
          about.getMetadata().getNamespace(),
          about.getMetadata().getName(),
          reason,
          note,
          e.getMessage());
    }
  }
}
