package io.redisproxy.command;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the texts of scripts tell of them. It is kept; of a script that was loaded past this process
 * nothing is known, nor is of functions.
 */
public final class KnownScripts {
  /**
   * What is known of a script.
   *
   * @param declared whether it leaves all keys alone but those that its callers declare. Redis
   *     demands that of all, but checks it in a cluster only, and well-known libraries make up
   *     names of keys
   * @param scans whether it may give cursors away, which mean nothing at another node
   */
  public record Script(boolean declared, boolean scans) {}

  private static final Script UNKNOWN = new Script(false, false);

  /** A longer text isn't looked at: event loops have better things to do. */
  private static final int LONGEST = 16 * 1024;

  /** So many are kept before all are forgotten: who generates scripts fills the server, too. */
  private static final int MOST = 10_000;

  /** By the digest that the servers know a script by, so that no text is kept. */
  private static final Map<String, Script> BY_DIGEST = new ConcurrentHashMap<>();

  private KnownScripts() {}

  /** The script that a request runs, in which the command's name is at 0. */
  public static Script runBy(Command command, List<byte[]> request) {
    if (request.size() < 2) {
      return UNKNOWN;
    }
    return switch (command) {
      case EVAL, EVAL_RO -> learn(request.get(1));
      case EVALSHA, EVALSHA_RO ->
          BY_DIGEST.getOrDefault(
              new String(request.get(1), StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT),
              UNKNOWN);
      default -> UNKNOWN;
    };
  }

  /** A script's text is seen, which may be called by its digest from now on. */
  public static Script learn(byte[] text) {
    if (text.length > LONGEST) {
      return UNKNOWN;
    }
    String digest = digest(text);
    Script known = BY_DIGEST.get(digest);
    if (known != null) {
      return known;
    }
    Script script = new Script(ScriptText.namesKeys(text), ScriptText.scans(text));
    if (BY_DIGEST.size() >= MOST) {
      BY_DIGEST.clear();
    }
    BY_DIGEST.put(digest, script);
    return script;
  }

  private static String digest(byte[] script) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(script));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }
}
