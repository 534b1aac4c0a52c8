defmodule EctoLibSql.SurfaceTest do
  use ExUnit.Case, async: true

  for {module, name, arity} <- EctoLibSql.Surface.functions() do
    test "#{inspect(module)}.#{name}/#{arity} is exported" do
      Code.ensure_loaded!(unquote(module))
      assert function_exported?(unquote(module), unquote(name), unquote(arity))
    end
  end

  test "the structs have their documented fields" do
    assert %{message: _, sqlite: _, statement: _} = struct(EctoLibSql.Error)
    assert %{command: _, columns: _, rows: _, num_rows: _} = struct(EctoLibSql.Result)
    assert %{conn_id: _, trx_id: _, mode: _, sync: _} = struct(EctoLibSql.State)

    assert %{statement: _, name: _, prepared: _, param_types: _, type: :binary} =
             struct(EctoLibSql.Query)
  end

  test "a state needs a connection id" do
    assert_raise ArgumentError, fn -> struct!(EctoLibSql.State, mode: :local) end
  end
end
