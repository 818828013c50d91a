package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.api.model.rbac.SubjectBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.net.HttpURLConnection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * The ClusterRoleBinding that lets proxies see the cluster's nodes. No RedisProxy can own it, as it
 * is of no namespace: so there is one for all, which {@code k8s/operator/zones.yaml} brings, and
 * its subjects are made to be those of the RedisProxies that are there, whatever was before.
 * Several operators may write it, each the subjects of its own namespaces.
 */
final class ZonesBinding {
  private static final Logger LOG = Logger.getLogger(ZonesBinding.class);

  /** That of the role, too. */
  static final String NAME = "redisproxy-zones";

  private static final String OBJECT = "ClusterRoleBinding " + NAME;
  private static final String MANIFEST = "k8s/operator/zones.yaml";
  private static final String ACCOUNT = "ServiceAccount";
  private static final int ATTEMPTS = 5;

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final BooleanSupplier seesAll;
  private final SimpleInboundEventSource<RedisProxy> news = new SimpleInboundEventSource<>(OBJECT);

  private Supplier<Stream<RedisProxy>> proxies = Stream::empty;
  private boolean refused;

  /** Why it can't be as it should, as the RedisProxies were told last. */
  private Optional<String> problem = Optional.empty();

  /** Whether one of them has found something else since. */
  private boolean outdated;

  /**
   * Works with that API server.
   *
   * @param namespaces whose subjects it writes; those of all if empty
   * @param seesAll whether all RedisProxies there are known, as those that aren't would lose theirs
   */
  ZonesBinding(KubernetesClient client, Set<String> namespaces, BooleanSupplier seesAll) {
    this.client = client;
    this.namespaces = namespaces;
    this.seesAll = seesAll;
  }

  /**
   * {@code known}: the RedisProxies; those that need the binding are told of what becomes of it.
   */
  synchronized EventSource<Void, RedisProxy> watch(Supplier<Stream<RedisProxy>> known) {
    proxies = () -> known.get().filter(Plan::seesNodes);
    return news;
  }

  /** Mends what nobody has told of, such as that a RedisProxy was deleted while nobody looked. */
  synchronized void sweep() {
    Optional<String> now = makeRight().map(ApplyException::getMessage);
    boolean isNew = !now.equals(problem);
    if (isNew) {
      now.ifPresent(LOG::warn);
    }
    if (isNew || outdated) {
      problem = now;
      outdated = false;
      proxies.get().map(ResourceID::fromResource).forEach(news::propagateEvent);
    }
  }

  /** Makes it as it should be for one of them; what is in the way, if it can't be. */
  synchronized Optional<ApplyException> write() {
    Optional<ApplyException> failure = makeRight();
    outdated |= !failure.map(ApplyException::getMessage).equals(problem);
    return failure;
  }

  private Optional<ApplyException> makeRight() {
    try {
      Set<Subject> wanted = new LinkedHashSet<>();
      proxies.get().map(ZonesBinding::subject).forEach(wanted::add);
      // Asked when they are all looked at, as they go while it stops.
      boolean knowsAll = seesAll.getAsBoolean();
      for (int attempt = 1; !write(wanted, knowsAll, attempt == ATTEMPTS); attempt++) {
        LOG.debugf("%s was changed by somebody else, attempt %d", OBJECT, attempt);
      }
      return Optional.empty();
    } catch (RuntimeException e) {
      return Optional.of(ApplyException.of(OBJECT, MANIFEST, e));
    }
  }

  /** Whether it is as it should be now. */
  private boolean write(Set<Subject> wanted, boolean knowsAll, boolean isLast) {
    Optional<ClusterRoleBinding> found = find(!wanted.isEmpty());
    if (found.isEmpty()) {
      return true;
    }
    ClusterRoleBinding binding = found.get();
    Set<Subject> before = Set.copyOf(binding.getSubjects());
    Set<Subject> after = new LinkedHashSet<>();
    binding.getSubjects().stream()
        .filter(subject -> !knowsAll || isOthers(subject))
        .forEach(after::add);
    after.addAll(wanted);
    if (after.equals(before)) {
      return true;
    }
    binding.setSubjects(List.copyOf(after));
    try {
      client.resource(binding).update();
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || isLast) {
        throw e;
      }
      return false;
    }
  }

  /** Empty if it isn't there, or may not be seen, and needn't be. */
  private Optional<ClusterRoleBinding> find(boolean isNeeded) {
    if (refused && !isNeeded) {
      return Optional.empty();
    }
    ClusterRoleBinding found;
    try {
      found = client.rbac().clusterRoleBindings().withName(NAME).get();
      refused = false;
    } catch (KubernetesClientException e) {
      refused = e.getCode() == HttpURLConnection.HTTP_FORBIDDEN;
      if (isNeeded || !refused) {
        throw e;
      }
      return Optional.empty();
    }
    if (found != null && NAME.equals(found.getRoleRef().getName())) {
      return Optional.of(found);
    }
    if (isNeeded) {
      throw found == null
          ? new ApplyException(
              ApplyException.MISSING,
              "there is no " + OBJECT + " for zonesFromNodes; apply " + MANIFEST)
          : new ApplyException(
              ApplyException.CONFLICT,
              OBJECT + " is for another role; delete it, and apply " + MANIFEST);
    }
    return Optional.empty();
  }

  private boolean isOthers(Subject subject) {
    return !namespaces.isEmpty()
        && !(ACCOUNT.equals(subject.getKind()) && namespaces.contains(subject.getNamespace()));
  }

  private static Subject subject(RedisProxy proxy) {
    return new SubjectBuilder()
        .withKind(ACCOUNT)
        .withName(proxy.getMetadata().getName())
        .withNamespace(proxy.getMetadata().getNamespace())
        .build();
  }
}
