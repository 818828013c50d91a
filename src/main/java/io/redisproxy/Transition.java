package io.redisproxy;

import io.redisproxy.config.ProxySettings;
import io.redisproxy.listener.Listener;
import io.redisproxy.session.ClientDrain;
import io.redisproxy.session.ClientRegistry;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/**
 * Carries {@link ListenerPlan plans} out, one at a time. Clients whose listener is not wanted any
 * more are let go in the background, as when the process ends.
 */
final class Transition {
  private final Vertx vertx;
  private final EventLoops eventLoops;
  private final ClientRegistry clients;
  private final ProxySettings settings;
  private final List<Leaving> leaving = new CopyOnWriteArrayList<>();

  Transition(Vertx vertx, EventLoops eventLoops, ClientRegistry clients, ProxySettings settings) {
    this.vertx = vertx;
    this.eventLoops = eventLoops;
    this.clients = clients;
    this.settings = settings;
  }

  /** Listeners that are not open any more, whose clients have not all gone. */
  List<Served> leaving() {
    return leaving.stream().map(Leaving::served).toList();
  }

  /** Opens what is added first, as that alone can fail; then nothing has changed. */
  void carryOut(ListenerPlan plan) {
    // Before anyone can read by the tables.
    plan.holds().forEach(held -> eventLoops.each(loop -> loop.hold(held.going(), held.table())));
    try {
      open(plan.added());
    } catch (RuntimeException e) {
      plan.holds()
          .forEach(held -> eventLoops.each(loop -> loop.release(held.going(), held.table())));
      throw e;
    }
    plan.changed().forEach(this::change);
    plan.replaced().forEach(this::replace);
    plan.removed().forEach(this::remove);
  }

  /** Cuts off those who have been let go and are still there. */
  void finish() {
    leaving.forEach(Leaving::finish);
  }

  private void open(List<Served> added) {
    Set<Integer> ports = added.stream().map(Served::port).collect(Collectors.toSet());
    // Vert.x would take the port for the one that is closed already, but for its clients.
    leaving.stream().filter(each -> ports.contains(each.served().port())).forEach(Leaving::finish);
    try {
      added.forEach(each -> eventLoops.each(loop -> loop.open(each)));
    } catch (RuntimeException e) {
      added.forEach(each -> eventLoops.each(loop -> loop.close(each, true)));
      throw e;
    }
    added.forEach(Served::show);
  }

  private void change(ListenerPlan.Change change) {
    Served listener = change.served();
    listener.change(change.next());
    // Nobody shall be told the logins of nodes that are gone.
    eventLoops.each(loop -> loop.changeNodes(listener));
    eventLoops.each(loop -> loop.change(listener));
  }

  private void replace(ListenerPlan.Replacement replacement) {
    Served before = replacement.before();
    Served after = replacement.after();
    before.hide();
    after.show();
    eventLoops.each(loop -> loop.replace(before, after));
    letGo(before, clients.lastId(), () -> eventLoops.each(loop -> loop.close(before, false)));
  }

  private void remove(Served listener) {
    listener.hide();
    EventLoops.await(Listener.stopAccepting(vertx, listener.port()));
    letGo(listener, Long.MAX_VALUE, () -> eventLoops.each(loop -> loop.close(listener, true)));
  }

  /** {@code lastClient}: the number of the last one of them. */
  private void letGo(Served listener, long lastClient, Runnable then) {
    Leaving leaves =
        new Leaving(
            listener,
            new ClientDrain(clients, port -> port == listener.port(), lastClient),
            settings.drain().timeout());
    leaving.add(leaves);
    leaves.begin(
        () -> {
          then.run();
          leaving.remove(leaves);
        });
  }
}
