package io.redisproxy.config;

import java.nio.file.Path;
import java.util.List;

/** Reads the JSON file that says which listeners to open. */
public final class ConfigLoader {
  /** The shortest file that works. */
  public static final String SAMPLE = ListenersParser.SAMPLE;

  private ConfigLoader() {}

  /**
   * Reads and checks the file, and those with passwords, keys and certificates that it names.
   *
   * @throws ConfigException if anything is wrong with it; the message lists every mistake
   */
  public static List<ListenerConfig> load(Path file) {
    Mistakes mistakes = new Mistakes();
    Path folder = folder(file);
    ListenersParser parser = new ListenersParser(PasswordFile.in(folder), TlsFiles.in(folder));
    List<ListenerConfig> listeners =
        SmallFile.read(file, "JSON file", problem -> mistakes.add("file", problem))
            .flatMap(json -> new JsonReader(mistakes).read(json))
            .map(root -> parser.parse(root, mistakes))
            .orElse(List.of());
    mistakes.throwIfAny("The configuration " + file);
    return listeners;
  }

  /**
   * Checks what is to be written into such a file, on a machine that has not the files that it
   * names.
   *
   * @throws ConfigException if anything else is wrong with it
   */
  public static List<ListenerConfig> check(byte[] json) {
    Mistakes mistakes = new Mistakes();
    ListenersParser parser = new ListenersParser(PasswordFile.elsewhere(), TlsFiles.elsewhere());
    List<ListenerConfig> listeners =
        new JsonReader(mistakes)
            .read(json)
            .map(root -> parser.parse(root, mistakes))
            .orElse(List.of());
    mistakes.throwIfAny("The configuration");
    return listeners;
  }

  private static Path folder(Path file) {
    return file.toAbsolutePath().getParent();
  }
}
