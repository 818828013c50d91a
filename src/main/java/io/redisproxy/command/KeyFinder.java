package io.redisproxy.command;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Finds the keys of a request, for commands whose keys are not at fixed places. It takes from the
 * list only the arguments that it has to look at, so that the list may read them on demand.
 */
public final class KeyFinder {
  /** Their keys are those they declare; with none declared, or more touched, it could be any. */
  public static final Set<Command> SCRIPTS =
      Collections.unmodifiableSet(
          EnumSet.of(
              Command.EVAL,
              Command.EVALSHA,
              Command.FCALL,
              Command.EVAL_RO,
              Command.EVALSHA_RO,
              Command.FCALL_RO));

  /** Commands that read or write keys no request of theirs names, such as KEYS and FLUSHALL. */
  public static final Set<Command> UNNAMED_KEYS = Collections.unmodifiableSet(unnamedKeys());

  private static final int MIGRATE_KEY = 3;
  private static final int MIGRATE_OPTIONS = 6;
  private static final int[] NONE = {};

  private KeyFinder() {}

  /**
   * The places of the keys in the request, in which the command's name is at 0. A request too short
   * or with a wrong number of keys, which a server refuses, has those that are there.
   */
  public static int[] find(Command command, List<byte[]> request) {
    if (command == Command.SORT) {
      return findOfSort(request);
    }
    if (command == Command.MIGRATE) {
      return findOfMigrate(request);
    }
    IntStream.Builder keys = IntStream.builder();
    for (KeySpec spec : command.keySpecs()) {
      if (spec.namesKeys()) {
        add(spec, request, keys);
      }
    }
    return keys.build().toArray();
  }

  /**
   * Whether the command may read, or write if it writes, others than the keys that {@link #find}
   * has found in the request.
   */
  public static boolean touchesOtherKeys(Command command, List<byte[]> request, int[] found) {
    if (SCRIPTS.contains(command)) {
      return found.length == 0 || !KnownScripts.runBy(command, request).declared();
    }
    if (command == Command.SORT_RO) {
      // The patterns of BY and GET make names of keys from what is in the list.
      return request.stream().anyMatch(w -> Words.equal("BY", w) || Words.equal("GET", w));
    }
    return UNNAMED_KEYS.contains(command);
  }

  private static void add(KeySpec spec, List<byte[]> request, IntStream.Builder keys) {
    int begin = begin(spec, request);
    if (begin <= 0 || begin >= request.size()) {
      return;
    }
    int first = begin;
    int last;
    if (spec.find() == KeySpec.Find.KEY_NUM) {
      first = begin + 1;
      // As many as there are arguments is enough to stay clear of overflow.
      int count = Math.min(Words.count(request.get(begin)), request.size());
      last = first + (count - 1) * spec.step();
    } else if (spec.last() >= 0) {
      last = begin + spec.last();
    } else if (spec.limit() > 1) {
      last = begin + (request.size() - begin) / spec.limit() + spec.last();
    } else {
      last = request.size() + spec.last();
    }
    for (int i = first; i <= last && i < request.size(); i += spec.step()) {
      keys.add(i);
    }
  }

  /** The index of the first key, or of the number of keys; 0 if the keyword is not there. */
  private static int begin(KeySpec spec, List<byte[]> request) {
    if (spec.keyword() == null) {
      return spec.from();
    }
    for (int i = spec.from(); i < request.size(); i++) {
      if (Words.equal(spec.keyword(), request.get(i))) {
        return i + 1;
      }
    }
    return 0;
  }

  /** The last STORE counts, and a pattern or a limit may be a word that looks like an option. */
  private static int[] findOfSort(List<byte[]> request) {
    int store = 0;
    for (int i = 2; i < request.size(); i++) {
      byte[] word = request.get(i);
      if (Words.equal("LIMIT", word)) {
        i += 2;
      } else if (Words.equal("BY", word) || Words.equal("GET", word)) {
        i++;
      } else if (Words.equal("STORE", word) && i + 1 < request.size()) {
        i++;
        store = i;
      }
    }
    if (request.size() < 2) {
      return NONE;
    }
    return store == 0 ? new int[] {1} : new int[] {1, store};
  }

  /** One key in its place, or an empty one there and KEYS before many at the end. */
  private static int[] findOfMigrate(List<byte[]> request) {
    if (request.size() <= MIGRATE_KEY) {
      return NONE;
    }
    if (request.get(MIGRATE_KEY).length > 0) {
      return new int[] {MIGRATE_KEY};
    }
    for (int i = MIGRATE_OPTIONS; i < request.size(); i++) {
      byte[] word = request.get(i);
      if (Words.equal("KEYS", word)) {
        return IntStream.range(i + 1, request.size()).toArray();
      }
      // A password may be any word.
      i += Words.equal("AUTH2", word) ? 2 : Words.equal("AUTH", word) ? 1 : 0;
    }
    return NONE;
  }

  private static EnumSet<Command> unnamedKeys() {
    EnumSet<Command> unnamed = EnumSet.of(Command.UNKNOWN, Command.EXEC, Command.DEBUG);
    for (Command command : Command.values()) {
      boolean ofData = command.has(CommandFlag.WRITE) || command.has(CommandFlag.READ_ONLY);
      // What a container does with a subcommand that we do not know, we do not know.
      if ((ofData && !command.takesKeys()) || command.isContainer()) {
        unnamed.add(command);
      }
    }
    unnamed.remove(Command.COMMAND);
    unnamed.remove(Command.LOLWUT);
    return unnamed;
  }
}
