package io.redisproxy.config;

import java.util.Locale;

/** How a replica is chosen for reads among those that may serve them. */
public enum ReadPolicy {
  /** They take turns. */
  ROUND_ROBIN,
  /** The one that owes the fewest replies. */
  LEAST_PENDING,
  /** The one that is likely to answer soonest, by what probes found and by what it has to do. */
  LOWEST_LATENCY,
  /** The same one for a client, while it may. */
  STICKY;

  /** As in the JSON. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
