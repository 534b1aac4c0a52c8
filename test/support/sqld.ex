defmodule EctoLibSql.Sqld do
  @moduledoc false
  # The real server, sqld, for one test, where LIBSQL_SQLD names its program.

  alias EctoLibSql.DriverCase

  @doc "A reason to skip tests, or nil."
  def missing do
    if System.get_env("LIBSQL_SQLD"),
      do: nil,
      else: "LIBSQL_SQLD does not name the program of sqld"
  end

  @doc "Starts one that ends with the test; returns its URL."
  def start!(folder) do
    {url, _os_pid} = start_on!(folder, free_port())
    url
  end

  @doc "The same on a port; returns also the process, for `kill!/1`."
  def start_on!(folder, tcp_port) do
    port =
      Port.open({:spawn_executable, System.fetch_env!("LIBSQL_SQLD")}, [
        :binary,
        :stderr_to_stdout,
        args: [
          "-d",
          Path.join(folder, "data.sqld"),
          "--http-listen-addr",
          "127.0.0.1:#{tcp_port}"
        ]
      ])

    {:os_pid, os_pid} = Port.info(port, :os_pid)
    ExUnit.Callbacks.on_exit(fn -> kill!(os_pid) end)
    # Its output is nobody's; the port must be read by a process that lives.
    keeper = spawn(fn -> drain() end)
    Port.connect(port, keeper)
    Process.unlink(port)
    DriverCase.eventually(fn -> listens?(tcp_port) end)
    {"http://127.0.0.1:#{tcp_port}", os_pid}
  end

  def kill!(os_pid), do: System.cmd("kill", ["-9", "#{os_pid}"], stderr_to_stdout: true)

  def free_port do
    {:ok, socket} = :gen_tcp.listen(0, ip: {127, 0, 0, 1})
    {:ok, port} = :inet.port(socket)
    :gen_tcp.close(socket)
    port
  end

  defp listens?(port) do
    case :gen_tcp.connect({127, 0, 0, 1}, port, []) do
      {:ok, socket} ->
        :gen_tcp.close(socket)
        true

      {:error, _reason} ->
        false
    end
  end

  defp drain do
    receive do
      _output -> drain()
    end
  end
end
