defmodule LibsqlBench.DelayProxy do
  @moduledoc false
  # A TCP proxy that delays each way by a fixed time, as a distant server does. Bytes that arrive together leave together:
  # it adds latency and takes no bandwidth away.

  @doc "Starts a proxy to a port of this machine and returns its own port."
  def start(port, milliseconds) do
    {:ok, listener} = :gen_tcp.listen(0, options() ++ [ip: {127, 0, 0, 1}, backlog: 1024])
    {:ok, own} = :inet.port(listener)
    spawn_link(fn -> accept(listener, port, milliseconds) end)
    own
  end

  defp options, do: [:binary, active: false, nodelay: true, reuseaddr: true]

  defp accept(listener, port, milliseconds) do
    {:ok, client} = :gen_tcp.accept(listener)
    {:ok, server} = :gen_tcp.connect({127, 0, 0, 1}, port, options())
    relay(client, server, milliseconds)
    relay(server, client, milliseconds)
    accept(listener, port, milliseconds)
  end

  # A reader, which never waits, and a writer, which sends in the order of arrival.
  defp relay(from, to, milliseconds) do
    writer = spawn(fn -> write(to) end)
    spawn(fn -> read(from, writer, milliseconds) end)
  end

  defp read(from, writer, milliseconds) do
    answer = :gen_tcp.recv(from, 0)
    send(writer, {System.monotonic_time(:millisecond) + milliseconds, answer})
    if match?({:ok, _}, answer), do: read(from, writer, milliseconds)
  end

  defp write(to) do
    {due, answer} = receive(do: (message -> message))
    Process.sleep(max(due - System.monotonic_time(:millisecond), 0))

    case answer do
      {:ok, data} ->
        _ = :gen_tcp.send(to, data)
        write(to)

      {:error, _closed} ->
        :gen_tcp.shutdown(to, :write)
    end
  end
end
