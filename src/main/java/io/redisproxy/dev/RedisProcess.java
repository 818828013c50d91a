package io.redisproxy.dev;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import redis.embedded.RedisExecProvider;

/**
 * A real redis-server on 127.0.0.1, as a process of its own that can be killed, paused and started
 * again.
 */
public final class RedisProcess implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

  private final int port;

  /** What comes first: nothing, or the file of a Sentinel. */
  private final List<String> mode;

  private final List<String> arguments;
  private final Path folder;
  private final Path log;
  private Process process;

  private RedisProcess(int port, List<String> mode, List<String> arguments, Path folder) {
    this.port = port;
    this.mode = mode;
    this.arguments = arguments;
    this.folder = folder;
    log = folder.resolve("redis.log");
    // For servers that end with the JVM; the last that is registered goes first.
    folder.toFile().deleteOnExit();
    log.toFile().deleteOnExit();
  }

  /**
   * Starts a server on a free port; {@code arguments} are redis-server's, such as {@code
   * --requirepass}.
   */
  public static RedisProcess start(String... arguments) {
    return startOn(FreePorts.next(), arguments);
  }

  /** Starts a server on the port given. Nothing is saved to disk unless the arguments say so. */
  public static RedisProcess startOn(int port, String... arguments) {
    try {
      RedisProcess redis =
          new RedisProcess(
              port,
              List.of(),
              List.of(arguments),
              Files.createTempDirectory("redis-" + port + "-"));
      redis.restart();
      return redis;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts a Sentinel on a free port; {@code lines} are those of its file. */
  public static RedisProcess startSentinel(List<String> lines) {
    int port = FreePorts.next();
    try {
      Path folder = Files.createTempDirectory("sentinel-" + port + "-");
      Path file = Files.write(folder.resolve("sentinel.conf"), lines);
      RedisProcess sentinel =
          new RedisProcess(port, List.of(file.toString(), "--sentinel"), List.of(), folder);
      file.toFile().deleteOnExit();
      sentinel.restart();
      return sentinel;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return port;
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  public boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** Starts the server, killed or never started, on the same port; returns when it answers PING. */
  public void restart() {
    if (isAlive()) {
      throw new IllegalStateException("redis-server on port " + port + " is running");
    }
    List<String> command = new ArrayList<>();
    command.add(Executable.path());
    command.addAll(mode);
    command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
    command.addAll(List.of("--dir", folder.toString(), "--save", ""));
    command.addAll(arguments);
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      awaitStart();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the server as a crash would: no farewell to its clients, no save. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** Stops the process without closing its connections: the server is silent, TCP is not. */
  public void pause() {
    signal("STOP");
  }

  public void resume() {
    signal("CONT");
  }

  /** Kills the server and removes its files. */
  @Override
  public void close() {
    kill();
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
          .inheritIO()
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void awaitEnd() {
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void awaitStart() throws IOException {
    Instant deadline = Instant.now().plus(START_TIMEOUT);
    while (!answersPing()) {
      if (!process.isAlive() || Instant.now().isAfter(deadline)) {
        process.destroyForcibly();
        throw new IOException(
            "redis-server on port " + port + " did not start: " + Files.readString(log));
      }
      process
          .onExit()
          .completeOnTimeout(process, 10, java.util.concurrent.TimeUnit.MILLISECONDS)
          .join();
    }
  }

  private boolean answersPing() {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(1000);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      int first = in.read();
      return first == '+' || first == '-';
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * The server's binary: the one that {@code -Dredis.server} names, or the embedded one, unpacked
   * once in the life of the JVM.
   */
  private static final class Executable {
    private static final String NAMED = System.getProperty("redis.server");
    private static final String PATH = NAMED == null ? unpack() : NAMED;

    private static String unpack() {
      try {
        return RedisExecProvider.defaultProvider().get().getAbsolutePath();
      } catch (IOException e) {
        throw new UncheckedIOException("the embedded redis-server can't be unpacked", e);
      }
    }

    static String path() {
      return PATH;
    }
  }
}
