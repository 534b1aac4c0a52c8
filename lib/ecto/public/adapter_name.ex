defmodule EctoLibSql.AdapterName do
  @moduledoc """
  Gives the adapter a second name, for libraries that decide by the adapter's module.

      defmodule Ecto.Adapters.SQLite3 do
        use EctoLibSql.AdapterName
      end

      defmodule MyApp.Repo do
        use Ecto.Repo, otp_app: :my_app, adapter: Ecto.Adapters.SQLite3
      end

  The module delegates each function to `Ecto.Adapters.LibSql`, and its settings are those of `config :ecto_libsql`. The
  name must not be that of a module in one of the dependencies.
  """

  alias Ecto.Adapters.LibSql

  @doc false
  defmacro __using__(_opts) do
    quote do
      @behaviour Ecto.Adapter
      @behaviour Ecto.Adapter.Migration
      @behaviour Ecto.Adapter.Queryable
      @behaviour Ecto.Adapter.Schema
      @behaviour Ecto.Adapter.Storage
      @behaviour Ecto.Adapter.Structure
      @behaviour Ecto.Adapter.Transaction

      @doc false
      defmacro __before_compile__(env), do: unquote(__MODULE__).before_compile(__CALLER__, env)

      unquote(functions())
    end
  end

  defp functions do
    for {name, arity} <- LibSql.__info__(:functions) do
      args = Macro.generate_arguments(arity, __MODULE__)

      quote do
        @doc false
        def unquote(name)(unquote_splicing(args)),
          do: unquote(LibSql).unquote(name)(unquote_splicing(args))
      end
    end
  end

  # The functions that Ecto.Adapters.LibSql.__before_compile__/1 adds to a repository.
  @doc false
  @spec before_compile(Macro.Env.t(), Macro.Env.t()) :: Macro.t()
  def before_compile(caller, env), do: apply(LibSql, :"MACRO-__before_compile__", [caller, env])
end
