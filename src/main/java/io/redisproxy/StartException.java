package io.redisproxy;

public class StartException extends RuntimeException {
  public StartException(String m) {
    super(m);
  }
}
