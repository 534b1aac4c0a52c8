defmodule EctoLibSql.ServerDoctorTest do
  # What the doctor says of servers that answer, of those that do not, and of tokens.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.{DevServer, ServerDoctor, TokenClaims}

  # Compiling the server takes minutes, once.
  @moduletag timeout: 600_000
  @token "a-token-that-nobody-may-see"

  setup_all do
    {:ok, server} = DevServer.start_link(token: @token)
    %{uri: DevServer.url(server)}
  end

  defp examine(uri, options \\ []) do
    {:ok, report} = ServerDoctor.examine(uri, options)
    text = Enum.join(ServerDoctor.lines(report), "\n")
    refute text =~ @token
    {report, text}
  end

  defp token(claims, algorithm \\ "EdDSA") do
    part = &Base.url_encode64(&1, padding: false)
    part.(~s({"alg":"#{algorithm}","typ":"JWT"})) <> "." <> part.(claims) <> ".c2lnbmF0dXJl"
  end

  test "a server that answers is reported with its transports and times", %{uri: uri} do
    {report, text} = examine(uri, auth_token: @token)
    assert %{failed: false, findings: []} = report
    assert text =~ ~r"server: +#{uri}$"m
    assert text =~ ~r"^TLS: +none$"m
    assert text =~ ~r"^HTTP: +answers, version 3 of the protocol$"m
    assert text =~ ~r"^WebSocket: +answers as well, version 3 of the protocol$"m
    assert text =~ ~r"^round trip: +\d+\.\d ms$"m
    assert text =~ ~r"^transactions: +yes$"m
    assert text =~ "no JSON web token"
  end

  test "a WebSocket is examined first where the URL asks for one, and the token may be in it", %{
    uri: "http" <> rest
  } do
    {report, text} = examine("ws" <> rest <> "?authToken=" <> @token)
    assert %{failed: false} = report

    assert text =~ ~r"^WebSocket: +answers, version 3 of the protocol$"m and
             text =~ ~r"^HTTP: +answers as well, version 3 of the protocol$"m

    assert text =~ ~r"^server: +ws#{rest}$"m
  end

  test "a missing or wrong token is told apart", %{uri: uri} do
    assert {%{failed: true}, text} = examine(uri)
    assert text =~ "! the server wants a token"
    assert {%{failed: true}, text} = examine(uri, auth_token: "other")
    assert text =~ "! the token is not for this server"
  end

  test "a server without TLS, and none at all, have their own advice", %{uri: "http" <> rest} do
    assert {%{failed: true}, text} = examine("https" <> rest, auth_token: @token)
    assert text =~ "! the server answers without TLS: write http://"
    assert {%{failed: true}, text} = examine("http://127.0.0.1:1")
    assert text =~ "! the server cannot be reached" and text =~ "! check host and port"
  end

  test "wrong options are an error, which shows no token", %{uri: uri} do
    assert {:error, %Error{kind: :invalid_argument} = error} =
             ServerDoctor.examine(uri <> "?x=1&authToken=" <> @token)

    refute inspect(error, structs: false) =~ @token
  end

  test "a token's time and rights are read from its claims", %{uri: uri} do
    now = System.os_time(:second)

    for {claims, fact} <- [
          {~s({"exp":#{now + 90_000}}), ~r/valid until .* \((25|24) hours more\)/},
          {~s({"exp":#{now - 600}}), ~r/expired at .* \(10 minutes ago\)/},
          {~s({}), ~r/does not expire/},
          {~s({"a":"ro","id":"shop"}), ~r/read only, on the database "shop"/},
          {~s({"a":"rw"}), ~r/read and write, on every database/},
          {~s({"p":{"ro":{"ns":["a"]}}}), ~r/lists of databases/}
        ] do
      {_report, text} = examine(uri, auth_token: token(claims))
      assert text =~ fact
      refute text =~ token(claims)
    end
  end

  test "tokens that no server takes are findings", %{uri: uri} do
    for {token, finding} <- [
          {token(~s({"exp":1})), "the token has expired: create a new one"},
          {token(~s({"aud":"x"})), "the claim aud"},
          {token(~s({}), "HS256"), "not signed with EdDSA"}
        ] do
      {_report, text} = examine(uri, auth_token: token)
      assert text =~ "! " and text =~ finding
    end
  end

  test "what is no JSON web token has no claims" do
    for token <- ["", "a", "a.b.c", "e30.e30", "e30.bm90IGpzb24.x", "/w.e30.x"],
        do: assert(TokenClaims.read(token) == :error)

    assert {:ok, %TokenClaims{expires: nil}} = TokenClaims.read(token(~s({"exp":"soon"})))
  end

  test "URLs of servers are no paths of files" do
    for url <- ["libsql://a", "HTTPS://a", "ws://a:1"], do: assert(ServerDoctor.url?(url))
    for path <- ["a.db", "/tmp/a.db", "file:a.db"], do: refute(ServerDoctor.url?(path))
  end
end
