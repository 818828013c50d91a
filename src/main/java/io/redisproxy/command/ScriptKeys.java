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
 * Which scripts leave all keys alone but those that their callers declare. Redis demands that of
 * all, but checks it in a cluster only, and well-known libraries make up names of keys. What was
 * found of a script is kept; of one that was loaded past this process nothing is known, nor is of
 * functions.
 */
public final class ScriptKeys {
  /** A longer text isn't looked at: event loops have better things to do. */
  private static final int LONGEST = 16 * 1024;

  /** So many are kept before all are forgotten: who generates scripts fills the server, too. */
  private static final int MOST = 10_000;

  /** By the digest that the servers know a script by, so that no text is kept. */
  private static final Map<String, Boolean> DECLARED = new ConcurrentHashMap<>();

  private ScriptKeys() {}

  /** Whether a script's run, in which the command's name is at 0, touches only declared keys. */
  static boolean areDeclared(Command command, List<byte[]> request) {
    if (request.size() < 2) {
      return false;
    }
    return switch (command) {
      case EVAL, EVAL_RO -> learn(request.get(1));
      case EVALSHA, EVALSHA_RO ->
          DECLARED.getOrDefault(
              new String(request.get(1), StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT),
              false);
      default -> false;
    };
  }

  /**
   * A script's text is seen, which may be called by its digest from now on.
   *
   * @return whether it touches only declared keys
   */
  public static boolean learn(byte[] script) {
    if (script.length > LONGEST) {
      return false;
    }
    String digest = digest(script);
    Boolean known = DECLARED.get(digest);
    if (known != null) {
      return known;
    }
    boolean declared = ScriptText.namesKeys(script);
    if (DECLARED.size() >= MOST) {
      DECLARED.clear();
    }
    DECLARED.put(digest, declared);
    return declared;
  }

  private static String digest(byte[] script) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(script));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }
}
