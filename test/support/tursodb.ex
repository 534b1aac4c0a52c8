defmodule EctoLibSql.Tursodb do
  @moduledoc false
  # tursodb's sync server (npm `turso`), for one test. LIBSQL_TURSODB names its program; without it the tests tagged
  # :tursodb are skipped.

  alias EctoLibSql.Primary

  def available?, do: program() != nil

  @doc "Starts one with an empty database in a folder; it ends with the test. Returns its URL."
  def start!(folder) do
    tcp_port = Primary.free_port()
    args = [Path.join(folder, "primary.db"), "--sync-server", "127.0.0.1:#{tcp_port}"]
    {url, _os_pid} = Primary.start_program!({program(), args}, tcp_port)
    url
  end

  @doc "Runs one statement for another client, which may leave a transaction open on the server's only connection."
  def run_elsewhere!(url, sql) do
    body = ~s({"requests":[{"type":"execute","stmt":{"sql":"#{sql}"}}]})
    %URI{host: host, port: port} = URI.parse(url)
    {:ok, socket} = :gen_tcp.connect(String.to_charlist(host), port, [:binary, active: false])

    request =
      "POST /v2/pipeline HTTP/1.1\r\nHost: #{host}\r\nContent-Length: #{byte_size(body)}\r\n\r\n"

    :ok = :gen_tcp.send(socket, request <> body)
    answer = read_to_end(socket)
    :gen_tcp.close(socket)
    true = answer =~ ~s("type":"ok")
    :ok
  end

  defp read_to_end(socket) do
    case :gen_tcp.recv(socket, 0, 5_000) do
      {:ok, bytes} -> bytes <> read_to_end(socket)
      {:error, :closed} -> ""
    end
  end

  defp program, do: System.get_env("LIBSQL_TURSODB")
end
