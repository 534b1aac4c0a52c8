defmodule EctoLibSql.Primary do
  @moduledoc false
  # A server that replicas follow, for one test: sqld where LIBSQL_SQLD names its program, else the development server.

  alias EctoLibSql.{DevServer, DriverCase}

  @doc "For setup_all: compiles the server where that is needed, before the time of a test counts."
  def compile!, do: command(System.get_env("LIBSQL_SQLD"), "", 0)

  @doc "Whether it is sqld."
  def sqld?, do: System.get_env("LIBSQL_SQLD") != nil

  @doc "A copy of its database, in which nothing is written meanwhile; the file itself is the server's."
  def copy(folder) do
    copy = DriverCase.temp_file()
    for ending <- ["", "-wal"], do: File.cp!(file(folder) <> ending, copy <> ending)
    copy
  end

  defp file(folder) do
    if sqld?(),
      do: Path.join(folder, "data.sqld/dbs/default/data"),
      else: Path.join(folder, "primary.db")
  end

  @doc """
  Takes away the log of one that does not run, if it has begun one, as its disk might. sqld begins a new one after
  kill!/1 by itself.
  """
  def lose_log!(folder) do
    unless sqld?(), do: File.rm(file(folder) <> "-replication-log")
  end

  @doc "Starts one that ends with the test; returns its URL."
  def start!(folder) do
    {url, _os_pid} = start_on!(folder, free_port())
    url
  end

  @doc "The same on a port; returns also the process, for `kill!/1`."
  def start_on!(folder, tcp_port) do
    {program, args} = command(System.get_env("LIBSQL_SQLD"), folder, tcp_port)
    port = Port.open({:spawn_executable, program}, [:binary, :stderr_to_stdout, args: args])

    {:os_pid, os_pid} = Port.info(port, :os_pid)
    ExUnit.Callbacks.on_exit(fn -> kill!(os_pid) end)
    # Its output is nobody's; the port must be read by a process that lives.
    keeper = spawn(fn -> drain() end)
    Port.connect(port, keeper)
    Process.unlink(port)
    DriverCase.eventually(fn -> listens?(tcp_port) end)
    {"http://127.0.0.1:#{tcp_port}", os_pid}
  end

  defp command(nil, folder, tcp_port) do
    {:ok, program} = DevServer.executable()
    {program, ["--port", "#{tcp_port}", Path.join(folder, "primary.db")]}
  end

  defp command(sqld, folder, tcp_port) do
    {sqld, ["-d", Path.join(folder, "data.sqld"), "--http-listen-addr", "127.0.0.1:#{tcp_port}"]}
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
