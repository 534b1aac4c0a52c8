defmodule EctoLibSql.Options.RemoteWarningsTest do
  # Options of a connection to a server that are doubtful are logged, once. Not async: the log is that of all tests.
  use EctoLibSql.DriverCase, async: false

  import ExUnit.CaptureLog

  alias EctoLibSql.Options

  @token "a-token-that-nobody-may-see"

  # Each test has hosts of its own: a warning is for the whole VM.
  defp log(options) do
    log = capture_log(fn -> assert {:ok, %Options{mode: :remote}} = Options.parse(options) end)
    refute log =~ @token
    log
  end

  test "a token that is sent without TLS to another machine is warned of, once for each" do
    assert log(uri: "http://plain.example:8080", auth_token: @token) =~
             "the token for plain.example is sent without TLS (http)"

    assert log(uri: "http://plain.example:8080", auth_token: @token) == ""
    assert log(uri: "ws://10.0.0.1", auth_token: @token) =~ "the token for 10.0.0.1"
    assert log(uri: "http://in-url.example?authToken=#{@token}") =~ "in-url.example"
    assert log(uri: "libsql://no-tls.example:80?tls=0", auth_token: fn -> @token end) =~ "no-tls"
  end

  test "with TLS, without a token or on the same machine nothing is logged" do
    for uri <- ["https://a.example", "wss://a.example", "libsql://a.example"],
        do: assert(log(uri: uri, auth_token: @token) == "")

    for host <- ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]"],
        do: assert(log(uri: "http://#{host}:8080", auth_token: @token) == "")

    assert log(uri: "http://no-token.example") == ""
  end

  test "a database that has no effect next to the URI of a server is warned of, once" do
    options = [uri: "https://b.example", database: "unused-#{System.unique_integer()}.db"]
    assert log(options) =~ "the option :database"
    assert log(options) == ""
  end
end
