defmodule EctoLibSql.CuttingProxy do
  @moduledoc false
  # A TCP proxy to a port of this machine that breaks every connection once a number of bytes of the server's answers
  # has passed, until it is set again. It may hide an endpoint from its clients, so that they ask for another one.

  @endless 0x7FFFFFFFFFFF

  @doc """
  Returns the proxy's port and what set/2 needs. It cuts nothing yet. The server gets requests whose path begins with
  `hidden` under a path that it does not know.
  """
  def start(port, hidden \\ nil) do
    left = :atomics.new(1, [])
    set(left, :endless)
    {:ok, listener} = :gen_tcp.listen(0, options() ++ [ip: {127, 0, 0, 1}])
    {:ok, own} = :inet.port(listener)
    spawn_link(fn -> accept(listener, port, left, hidden) end)
    {own, left}
  end

  @doc "Lets this many bytes of answers pass from now on, over all connections."
  def set(left, :endless), do: :atomics.put(left, 1, @endless)
  def set(left, bytes), do: :atomics.put(left, 1, bytes)

  defp options, do: [:binary, active: false, nodelay: true, reuseaddr: true]

  defp accept(listener, port, left, hidden) do
    {:ok, client} = :gen_tcp.accept(listener)
    {:ok, server} = :gen_tcp.connect({127, 0, 0, 1}, port, options())
    relay(client, server, &hide(&1, hidden), fn size -> size end)
    relay(server, client, & &1, &allowed(left, &1))
    accept(listener, port, left, hidden)
  end

  # As long as it was. The head of a request arrives at once.
  defp hide(data, nil), do: data

  defp hide(data, hidden),
    do: String.replace(data, " #{hidden}", " /" <> String.duplicate("x", byte_size(hidden) - 1))

  # How many of `size` bytes may pass.
  defp allowed(left, size), do: max(min(size, :atomics.sub_get(left, 1, size) + size), 0)

  defp relay(from, to, change, allow), do: spawn(fn -> pump(from, to, change, allow) end)

  defp pump(from, to, change, allow) do
    with {:ok, data} <- :gen_tcp.recv(from, 0),
         data = change.(data),
         passing = allow.(byte_size(data)),
         :ok <- :gen_tcp.send(to, binary_part(data, 0, passing)),
         true <- passing == byte_size(data) do
      pump(from, to, change, allow)
    else
      _cut_or_closed -> Enum.each([from, to], &:gen_tcp.close/1)
    end
  end
end
