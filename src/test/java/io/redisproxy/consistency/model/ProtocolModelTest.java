package io.redisproxy.consistency.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jboss.logging.Logger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ProtocolModelTest {
  private static final Logger LOG = Logger.getLogger(ProtocolModelTest.class);

  private static final Bounds TWO_WRITERS = new Bounds(2, 1, 2, 1, false, false, false);
  private static final Bounds TWO_REPLICAS = new Bounds(1, 2, 2, 2, false, false, false);
  private static final Bounds LOSS = new Bounds(1, 1, 3, 2, false, true, false);
  private static final Bounds RESTART = new Bounds(1, 1, 2, 2, false, false, true);
  private static final Bounds WAITING = new Bounds(1, 1, 3, 2, true, true, false);

  static List<Bounds> bounds() {
    return List.of(TWO_WRITERS, TWO_REPLICAS, LOSS, RESTART, WAITING);
  }

  @ParameterizedTest
  @MethodSource("bounds")
  void noReadIsStaleOrGoesBackInTime(Bounds bounds) {
    Model model = new Model(Mutation.NONE, bounds);
    assertThat(model.run()).isEmpty();
    assertThat(model.readsAtReplicas()).isPositive();
    LOG.infof(
        "%s: %d moments, %d reads at replicas", bounds, model.moments(), model.readsAtReplicas());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void anyRuleThatIsBrokenIsFound(Mutation mutation) {
    Model model = new Model(mutation, boundsOf(mutation));
    List<String> steps = model.run();
    assertThat(steps).isNotEmpty();
    LOG.infof("%s: after %d moments: %s", mutation, model.moments(), String.join("; ", steps));
  }

  private static Bounds boundsOf(Mutation mutation) {
    return switch (mutation) {
      case NOT_LOOKED_AT_AGAIN -> TWO_REPLICAS;
      case ANY_HISTORY -> RESTART;
      case REPLY_BEFORE_DEMAND -> WAITING;
      default -> LOSS;
    };
  }
}
