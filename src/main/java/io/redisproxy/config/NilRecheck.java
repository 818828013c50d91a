package io.redisproxy.config;

import java.util.Set;

/**
 * Reads that are asked again at the master when a replica answers that there is nothing.
 *
 * @param commands in upper case, a subcommand after a space; it may be one that only a module knows
 * @param prefixes what their keys begin with; an empty one is that of all keys
 */
public record NilRecheck(Set<String> commands, Set<String> prefixes) {

  /** What a listener has that says nothing of it. */
  public static final NilRecheck NONE = new NilRecheck(Set.of(), Set.of());

  public NilRecheck {
    commands = Set.copyOf(commands);
    prefixes = Set.copyOf(prefixes);
  }
}
