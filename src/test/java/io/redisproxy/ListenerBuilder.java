package io.redisproxy;

import io.redisproxy.config.CommandOverride;
import io.redisproxy.config.Consistency;
import io.redisproxy.config.Credentials;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ListenerTls;
import io.redisproxy.config.NilRecheck;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.NodeTls;
import io.redisproxy.config.ReadPreference;
import io.redisproxy.config.Resilience;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A listener like another one but for what is said. */
public final class ListenerBuilder {
  private final ListenerConfig like;
  private Optional<ListenerTls> tls;
  private Optional<NodeTls> nodeTls;
  private Optional<Credentials> credentials;
  private Map<NodeAddress, Credentials> nodeCredentials;
  private Optional<Credentials> probe;
  private Optional<Credentials> auth;
  private Map<String, CommandOverride> commands;
  private Set<String> deny;
  private Consistency consistency;
  private NilRecheck nilRecheck;
  private ReadPreference reads;
  private Resilience resilience;

  private ListenerBuilder(ListenerConfig like) {
    this.like = like;
    tls = like.tls();
    nodeTls = like.nodeTls();
    credentials = like.credentials();
    nodeCredentials = like.nodeCredentials();
    probe = like.probe();
    auth = like.auth();
    commands = like.commands();
    deny = like.deny();
    consistency = like.consistency();
    nilRecheck = like.nilRecheck();
    reads = like.reads();
    resilience = like.resilience();
  }

  public static ListenerBuilder like(ListenerConfig other) {
    return new ListenerBuilder(other);
  }

  public ListenerBuilder tls(ListenerTls clients) {
    tls = Optional.of(clients);
    return this;
  }

  public ListenerBuilder nodeTls(NodeTls nodes) {
    nodeTls = Optional.of(nodes);
    return this;
  }

  public ListenerBuilder credentials(Credentials all) {
    credentials = Optional.of(all);
    return this;
  }

  public ListenerBuilder nodeCredentials(Map<NodeAddress, Credentials> each) {
    nodeCredentials = each;
    return this;
  }

  public ListenerBuilder probe(Credentials own) {
    probe = Optional.of(own);
    return this;
  }

  public ListenerBuilder auth(Optional<Credentials> clients) {
    auth = clients;
    return this;
  }

  public ListenerBuilder commands(Map<String, CommandOverride> overrides) {
    commands = overrides;
    return this;
  }

  public ListenerBuilder deny(Set<String> denied) {
    deny = denied;
    return this;
  }

  public ListenerBuilder consistency(Consistency level) {
    consistency = level;
    return this;
  }

  public ListenerBuilder nilRecheck(NilRecheck rechecks) {
    nilRecheck = rechecks;
    return this;
  }

  public ListenerBuilder reads(ReadPreference preference) {
    reads = preference;
    return this;
  }

  public ListenerBuilder resilience(Resilience said) {
    resilience = said;
    return this;
  }

  public ListenerConfig build() {
    return new ListenerConfig(
        like.port(),
        like.master(),
        like.replicas(),
        like.sentinel(),
        like.kubernetes(),
        tls,
        nodeTls,
        credentials,
        nodeCredentials,
        probe,
        auth,
        commands,
        deny,
        consistency,
        nilRecheck,
        like.health(),
        reads,
        resilience);
  }
}
