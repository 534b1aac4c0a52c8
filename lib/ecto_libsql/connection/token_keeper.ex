defmodule EctoLibSql.Connection.TokenKeeper do
  @moduledoc false
  # Asks a function of the user's for the token of a server. The native library asks before each request, on a thread
  # that must not wait; this process answers it, and ends with the connection, or its owner.

  alias EctoLibSql.Nif

  @type fetch :: (() -> term())

  @doc "The options of a connection, with a process in the place of a function."
  @spec install(map()) :: map()
  def install(%{auth_token: fetch} = options) when is_function(fetch, 0),
    do: %{options | auth_token: start(fetch, self())}

  def install(options), do: options

  # Not linked: it ends with its owner whatever the reason, and takes nobody along.
  defp start(fetch, owner) do
    spawn(fn ->
      monitor = Process.monitor(owner)
      serve(fetch, monitor)
    end)
  end

  defp serve(fetch, monitor) do
    receive do
      {:ecto_libsql_token, :done} ->
        :ok

      {:ecto_libsql_token, request} ->
        Nif.give_token(request, token(fetch))
        serve(fetch, monitor)

      {:DOWN, ^monitor, _, _, _} ->
        :ok
    end
  end

  # What is raised may contain the token, or what it was made of.
  defp token(fetch) do
    case fetch.() do
      none_or_reference when is_nil(none_or_reference) or is_reference(none_or_reference) ->
        none_or_reference

      token when is_binary(token) and token != "" ->
        Nif.new_key(token)

      _other ->
        "the function of the option :auth_token returned neither a string nor nil"
    end
  rescue
    error -> "the function of the option :auth_token raised #{inspect(error.__struct__)}"
  catch
    _kind, _value -> "the function of the option :auth_token did not return"
  end
end
